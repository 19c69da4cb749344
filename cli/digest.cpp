#include "cli/digest.hpp"

#include <fcntl.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "source/printable.hpp"
#include "source/unique_fd.hpp"

namespace docteur::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;  // bytes

}  // namespace

outcome<std::string> sha256_of_file(const std::string& path, std::uint64_t size) {
  const auto failed = [&](const char* why) { return give_up(blame::environment, printable(path) + ": " + why); };
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed(std::strerror(errno));
  sha256_ctx hash;
  sha256_init(&hash);
  std::vector<std::uint8_t> buffer(kChunk);
  while (size > 0) {
    const ssize_t n =
        ::read(file.get(), buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(size, kChunk)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(std::strerror(errno));
    if (n == 0) return failed("is shorter than it was");
    sha256_update(&hash, static_cast<std::size_t>(n), buffer.data());
    size -= static_cast<std::uint64_t>(n);
  }
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&hash, digest.size(), digest.data());
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace docteur::cli
