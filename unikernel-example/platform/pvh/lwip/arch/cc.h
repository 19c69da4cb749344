/* What lwIP wants to know about the compiler and the machine. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t docteur_lwip_random(void);
void docteur_lwip_assertion(const char* message, const char* file, int line);
/* The Internet checksum before its complement. */
uint16_t docteur_lwip_checksum(const void* data, int size);

#ifdef __cplusplus
}
#endif

#define LWIP_RAND() docteur_lwip_random()
#define LWIP_PLATFORM_DIAG(x) \
  do {                        \
    printf x;                 \
  } while (0)
#define LWIP_PLATFORM_ASSERT(x) docteur_lwip_assertion(x, __FILE__, __LINE__)
