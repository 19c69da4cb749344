#include "base/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <string>

namespace docteur {
namespace {

constexpr int kAlways = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

tl::expected<unique_fd, int> open_at(int folder, const char* name, int flags) {
  unique_fd fd(::openat(folder, name, flags));
  if (!fd) return tl::unexpected<int>(errno);
  return fd;
}

// One system call for the whole path; Linux 5.6 and later.
tl::expected<unique_fd, int> open_in_one_step(int root, const char* path, int flags) {
  open_how how{};
  // O_PATH allows no O_NONBLOCK.
  how.flags = static_cast<std::uint64_t>((flags & O_PATH) != 0 ? flags & ~O_NONBLOCK : flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
  if (fd < 0) return tl::unexpected<int>(errno);
  return unique_fd(static_cast<int>(fd));
}

// Component by component: for old kernels, for sandboxes without openat2, and for paths over PATH_MAX.
tl::expected<unique_fd, int> open_by_steps(int root, std::string_view path, int flags) {
  unique_fd held;
  int folder = root;
  std::string name;
  for (;;) {
    const auto slash = path.find('/');
    name.assign(path.substr(0, slash));
    if (slash == std::string_view::npos) return open_at(folder, name.c_str(), flags);
    auto next = open_at(folder, name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (!next) return next;
    held = std::move(*next);
    folder = held.get();
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

tl::expected<unique_fd, int> open_beneath(int root, std::string_view path, int flags) {
  static std::atomic<bool> has_openat2{true};
  flags |= kAlways;
  if (path.empty()) return open_at(root, ".", flags);
  if (has_openat2.load(std::memory_order_relaxed) && path.size() < PATH_MAX) {
    auto fd = open_in_one_step(root, std::string(path).c_str(), flags);
    if (fd || (fd.error() != ENOSYS && fd.error() != EPERM && fd.error() != EAGAIN)) return fd;
    if (fd.error() != EAGAIN) has_openat2.store(false, std::memory_order_relaxed);
  }
  return open_by_steps(root, path, flags);
}

file_stamp stamp_of(const struct stat& st) noexcept {
  const auto nanoseconds = [](const timespec& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::int64_t>(t.tv_nsec);
  };
  return {st.st_dev, st.st_ino, static_cast<std::uint64_t>(st.st_size), nanoseconds(st.st_mtim),
          nanoseconds(st.st_ctim)};
}

file_stamp stamp_at(const std::string& path) noexcept {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? stamp_of(st) : file_stamp();
}

}  // namespace docteur
