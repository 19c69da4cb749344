#pragma once
// SHA-256 (FIPS 180-4), by nettle: for Git LFS pointers, which name content by it, and for --json. Hosted.

#include <nettle/sha2.h>

#include <string>

#include "object/bytes.hpp"

namespace docteur {

class sha256 {
 public:
  sha256() noexcept { sha256_init(&context_); }
  void update(bytes data) noexcept {
    sha256_update(&context_, data.size(), reinterpret_cast<const std::uint8_t*>(data.data()));
  }
  // The digest of all data passed in, as 64 lower-case hexadecimal digits. The object cannot be used afterwards.
  [[nodiscard]] std::string finish();

 private:
  sha256_ctx context_;
};

}  // namespace docteur
