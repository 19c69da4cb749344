#include "pack/spool.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/leftover.hpp"
#include "base/printable.hpp"
#include "base/temporary_folder.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

tl::unexpected<failure> io_failure(const char* what, int code) {
  return give_up(blame::environment, std::string(what) + ": " + std::generic_category().message(code));
}

int open_unnamed(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)) return fd;
  // The file system has no O_TMPFILE: the file has a name for an instant.
  std::string name = (directory / "docteur-XXXXXX").string();
  int named = -1;
  const leftover instant([&]() -> std::function<void()> {
    named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named < 0) return {};
    return [name] { ::unlink(name.c_str()); };
  });
  return named;
}

}  // namespace

outcome<std::unique_ptr<spool>> spool::create(const std::filesystem::path& directory) {
  std::filesystem::path where = directory;
  if (where.empty()) {
    DOCTEUR_TRY(folder, temporary_folder());
    where = std::move(folder);
  }
  const int fd = open_unnamed(where);
  if (fd < 0) return io_failure((printable(where.native()) + ": cannot create a temporary file").c_str(), errno);
  return std::unique_ptr<spool>(new spool(fd));
}

spool::~spool() { ::close(fd_); }

outcome<std::uint64_t> spool::append(bytes data) {
  const std::uint64_t begin = end_.fetch_add(data.size(), std::memory_order_relaxed);
  for (std::uint64_t at = begin; !data.empty();) {
    const ssize_t n = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_failure("cannot write to the temporary file", n < 0 ? errno : ENOSPC);
    at += static_cast<std::uint64_t>(n);
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return begin;
}

outcome<void> spool::read(std::uint64_t offset, mutable_bytes out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_failure("cannot read from the temporary file", n < 0 ? errno : EIO);
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace docteur
