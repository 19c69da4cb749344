#include "cli/hashed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/printable.hpp"
#include "base/unique_fd.hpp"
#include "object/result.hpp"

namespace docteur::cli {
namespace {

constexpr std::size_t kPiece = 256 << 10;  // bytes

}  // namespace

outcome<oid> hash_file(const std::string& path, bool link, const std::function<hasher(std::uint64_t size)>& start) {
  const auto failed = [&](const char* why) { return give_up(blame::environment, printable(path) + ": " + why); };
  std::error_code error;
  if (link && std::filesystem::is_symlink(path, error)) {
    const std::string target = std::filesystem::read_symlink(path, error).string();
    if (error) return failed(error.message().c_str());
    hasher hash = start(target.size());
    hash.update(as_bytes(target));
    return hash.finish();
  }
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed(std::strerror(errno));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) return failed("not a file");
  std::uint64_t left = static_cast<std::uint64_t>(facts.st_size);
  hasher hash = start(left);
  std::vector<std::byte> piece(kPiece);
  for (;;) {
    const ssize_t n = ::read(file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(std::strerror(errno));
    if (n == 0) break;
    if (static_cast<std::uint64_t>(n) > left) return failed("changed while it was read");
    left -= static_cast<std::uint64_t>(n);
    hash.update(bytes{piece}.first(static_cast<std::size_t>(n)));
  }
  if (left != 0) return failed("changed while it was read");
  return hash.finish();
}

}  // namespace docteur::cli
