#include "host/huge_page_heap.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

namespace docteur {
namespace {

constexpr std::size_t kHugePage = 2 << 20;     // bytes, on most processors
constexpr std::size_t kLarge = 2 * kHugePage;  // smaller blocks come from the C library

constexpr std::size_t in_huge_pages(std::size_t size) noexcept {
  return (size + kHugePage - 1) / kHugePage * kHugePage;
}

// This is only advice: a system that ignores it uses small pages. Linux 6.7 and later align a mapping of whole huge
// pages to a huge page.
void* advised(void* block, std::size_t size) noexcept {
  if (block == MAP_FAILED) return nullptr;
  (void)madvise(block, in_huge_pages(size), MADV_HUGEPAGE);
  return block;
}

void* allocate(void*, std::size_t size) noexcept {
  if (size < kLarge) return std::malloc(size);
  if (size > static_cast<std::size_t>(-1) - kHugePage) return nullptr;
  return advised(mmap(nullptr, in_huge_pages(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), size);
}

void release(void*, void* block, std::size_t size) noexcept {
  if (size < kLarge) {
    std::free(block);
  } else {
    (void)munmap(block, in_huge_pages(size));
  }
}

void* resize(void* self, void* block, std::size_t old_size, std::size_t size) noexcept {
  if (old_size < kLarge && size < kLarge) return std::realloc(block, size);
  if (old_size >= kLarge && size >= kLarge && size <= static_cast<std::size_t>(-1) - kHugePage)
    return advised(mremap(block, in_huge_pages(old_size), in_huge_pages(size), MREMAP_MAYMOVE), size);
  void* const moved = allocate(self, size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(old_size, size));
  release(self, block, old_size);
  return moved;
}

}  // namespace

memory huge_page_memory() noexcept { return {nullptr, allocate, release, resize}; }

}  // namespace docteur
