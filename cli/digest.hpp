#pragma once
// The digest of a file, as sha256sum(1) prints it. Hosted.

#include <cstdint>
#include <string>

#include "object/failure.hpp"

namespace docteur::cli {

// SHA-256 (FIPS 180-4) of the first `size` bytes, 64 lower-case digits. blame::environment when it is shorter or cannot
// be read.
[[nodiscard]] outcome<std::string> sha256_of_file(const std::string& path, std::uint64_t size);

}  // namespace docteur::cli
