// Memory for lwIP, from malloc. Freed blocks for whole frames are kept for the next frame: they are most of the
// allocations, and larger than those that malloc caches.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "lwip/arch.h"

namespace {

constexpr std::size_t kMark =
    16;  // bytes in front of a block, a multiple of its alignment; the first one is kIsFrame or 0
constexpr std::size_t kLeast = 1024;
constexpr std::size_t kFrame = 1664;  // bytes: pbuf, all headers and TCP_MSS
constexpr unsigned char kIsFrame = 1;

std::array<void*, 128> kept;  // about as many as are under way to a client nearby
std::size_t kept_count = 0;

}  // namespace

void* docteur_lwip_allocate(size_t size) {
  const bool is_frame = size >= kLeast && size <= kFrame;
  if (is_frame && kept_count > 0) return kept[--kept_count];
  if (size > SIZE_MAX - kMark) return nullptr;
  auto* const begin = static_cast<unsigned char*>(std::malloc((is_frame ? kFrame : size) + kMark));
  if (begin == nullptr) return nullptr;
  *begin = is_frame ? kIsFrame : 0;
  return begin + kMark;
}

void docteur_lwip_free(void* block) {
  if (block == nullptr) return;
  auto* const begin = static_cast<unsigned char*>(block) - kMark;
  if (*begin == kIsFrame && kept_count < kept.size()) {
    kept[kept_count++] = block;
  } else {
    std::free(begin);
  }
}

void* docteur_lwip_allocate_zeros(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return nullptr;
  void* const block = docteur_lwip_allocate(count * size);
  if (block != nullptr) std::memset(block, 0, count * size);
  return block;
}
