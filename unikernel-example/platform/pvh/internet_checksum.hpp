#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace docteur::cache_vm::pvh {

// The Internet checksum (RFC 1071) before its complement, in memory byte order. The sum of 64-bit words with end-around
// carry, folded, equals the sum of 16-bit words. An odd last byte counts as if a zero followed. The main loop is
// assembly, since an emulated processor pays for each instruction, and compilers do not keep the carry between
// additions.
[[nodiscard]] inline std::uint16_t internet_checksum(const void* data, std::size_t size) noexcept {
  const auto* at = static_cast<const unsigned char*>(data);
  std::uint64_t sum = 0;
  using block = const unsigned char[64];
  for (; size >= sizeof(block); at += sizeof(block), size -= sizeof(block))
    asm("addq (%1), %0\n\tadcq 8(%1), %0\n\tadcq 16(%1), %0\n\tadcq 24(%1), %0\n\tadcq 32(%1), %0\n\t"
        "adcq 40(%1), %0\n\tadcq 48(%1), %0\n\tadcq 56(%1), %0\n\tadcq $0, %0"
        : "+r"(sum)
        : "r"(at), "m"(*reinterpret_cast<block*>(at))
        : "cc");
  const auto add = [&sum](std::uint64_t v) {
    sum += v;
    sum += sum < v ? 1 : 0;
  };
  for (; size >= 8; at += 8, size -= 8) {
    std::uint64_t v;
    std::memcpy(&v, at, sizeof v);
    add(v);
  }
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < size; ++i) rest |= std::uint64_t{at[i]} << 8 * i;
  add(rest);
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace docteur::cache_vm::pvh
