#pragma once
// Memory from the C library's heap, for hosted programs. A guest supplies its own.

#include <cstdlib>

#include "object/memory.hpp"

namespace docteur {

[[nodiscard]] inline memory heap_memory() noexcept {
  return {nullptr, [](void*, std::size_t size) noexcept { return std::malloc(size); },
          [](void*, void* block, std::size_t) noexcept { std::free(block); },
          [](void*, void* block, std::size_t, std::size_t size) noexcept { return std::realloc(block, size); }};
}

}  // namespace docteur
