/* The compiler and the machine, as lwIP needs to know them. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t docteur_lwip_random(void);
void docteur_lwip_assertion(const char* message, const char* file, int line);
/* The Internet checksum before its complement. */
uint16_t docteur_lwip_checksum(const void* data, int size);
/* Like malloc, free and calloc (lwip_memory.cpp). */
void* docteur_lwip_allocate(size_t size);
void docteur_lwip_free(void* block);
void* docteur_lwip_allocate_zeros(size_t count, size_t size);

#ifdef __cplusplus
}
#endif

/* One instruction instead of a call into another page of code. */
#define lwip_htons(x) __builtin_bswap16((uint16_t)(x))
#define lwip_htonl(x) __builtin_bswap32((uint32_t)(x))

#define LWIP_RAND() docteur_lwip_random()
#define LWIP_PLATFORM_DIAG(x) \
  do {                        \
    printf x;                 \
  } while (0)
#define LWIP_PLATFORM_ASSERT(x) docteur_lwip_assertion(x, __FILE__, __LINE__)
