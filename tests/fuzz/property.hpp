#pragma once
// Shared by fuzz targets: the input as bytes, and a property that must be true.

#include <cstdio>
#include <cstdlib>

#include "object/bytes.hpp"

inline docteur::bytes fuzz_input(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}

#define PROPERTY(holds)                                                                 \
  do {                                                                                  \
    if (!(holds)) {                                                                     \
      std::fprintf(stderr, "%s:%d: broken property: %s\n", __FILE__, __LINE__, #holds); \
      std::abort();                                                                     \
    }                                                                                   \
  } while (false)
