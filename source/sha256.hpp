#pragma once
// SHA-256 (FIPS 180-4): by it a Git LFS pointer names content. Hosted.

#include <array>
#include <cstdint>
#include <string>

#include "object/bytes.hpp"

namespace docteur {

class sha256 {
 public:
  void update(bytes data) noexcept;
  // The digest of all that was given, 64 lower-case hexadecimal digits; the object is spent afterwards.
  [[nodiscard]] std::string finish();

 private:
  void block(const std::byte* p) noexcept;

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_{};
  std::uint64_t length_ = 0;  // bytes
};

}  // namespace docteur
