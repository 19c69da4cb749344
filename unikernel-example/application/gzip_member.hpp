#pragma once
// A gzip member (RFC 1952) of a zlib stream (RFC 1950): the same deflate blocks between another head and another tail.
// Guest-safe.

#include <array>
#include <cstdint>

#include "object/bytes.hpp"

namespace docteur::cache_vm {

inline constexpr std::size_t kZlibHead = 2, kZlibTail = 4;   // CMF and FLG; Adler-32
inline constexpr std::size_t kGzipHead = 10, kGzipTail = 8;  // CRC-32 and the size of the content
// From the start of a member to where its blocks' zlib stream would begin.
inline constexpr std::size_t kZlibInGzip = kGzipHead - kZlibHead;

// Bytes of the member that has the blocks of a zlib stream of `zlib` bytes (at least kZlibHead + kZlibTail).
[[nodiscard]] constexpr std::uint64_t gzip_size(std::uint64_t zlib) noexcept {
  return zlib - kZlibHead - kZlibTail + kGzipHead + kGzipTail;
}

// No name, no time, and no word on the system, so that the same content always has the same head.
inline constexpr std::array<std::byte, kGzipHead> kGzipHeadBytes{
    std::byte{0x1f}, std::byte{0x8b}, std::byte{8}, std::byte{0}, std::byte{0},
    std::byte{0},    std::byte{0},    std::byte{0}, std::byte{0}, std::byte{255}};

// Makes a member of `buffer`, in which a zlib stream of `content` lies at kZlibInGzip and ends 4 bytes before the end.
void frame_gzip(mutable_bytes buffer, bytes content) noexcept;

}  // namespace docteur::cache_vm
