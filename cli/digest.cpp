#include "cli/digest.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "source/printable.hpp"
#include "source/sha256.hpp"
#include "source/unique_fd.hpp"

namespace docteur::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;  // bytes

}  // namespace

outcome<std::string> sha256_of_file(const std::string& path, std::uint64_t size) {
  const auto failed = [&](const char* why) { return give_up(blame::environment, printable(path) + ": " + why); };
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed(std::strerror(errno));
  sha256 hash;
  std::vector<std::byte> buffer(kChunk);
  while (size > 0) {
    const ssize_t n =
        ::read(file.get(), buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(size, kChunk)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(std::strerror(errno));
    if (n == 0) return failed("is shorter than it was");
    hash.update(std::span(buffer).first(static_cast<std::size_t>(n)));
    size -= static_cast<std::uint64_t>(n);
  }
  return hash.finish();
}

}  // namespace docteur::cli
