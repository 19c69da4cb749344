#include "base/atomic_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "base/printable.hpp"
#include "base/random_text.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;     // as Linux has it (path_resolution(7))
constexpr mode_t kNewMode = 0666;  // minus the umask
constexpr mode_t kPrivateMode = 0600;
constexpr mode_t kPermissions = 0777;

std::string random_name(const std::string& beside) {
  // NAME_MAX is 255 bytes.
  return "." + beside.substr(0, 200) + "." + random_text() + ".tmp";
}

tl::unexpected<failure> give_up_on(const fs::path& path, int error) {
  return give_up(blame::environment, printable(path.native()) + ": " + std::strerror(error));
}

// A name in `folder` that `make` creates; empty if that returns false, with errno as `make` left it.
leftover temporary_name(int folder, const std::string& name, const std::function<bool()>& make) {
  return leftover([&]() -> std::function<void()> {
    if (!make()) return {};
    return [folder, name] { ::unlinkat(folder, name.c_str(), 0); };
  });
}

}  // namespace

outcome<fs::path> behind_links(const fs::path& path) {
  fs::path at = path;
  for (int links = 0; links < kMostLinks; ++links) {
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(at, error))) return at;
    const fs::path to = fs::read_symlink(at, error);
    if (error) return give_up_on(path, error.value());
    at = at.parent_path() / to;  // an absolute one replaces all
  }
  return give_up_on(path, ELOOP);
}

outcome<atomic_file> atomic_file::create(const fs::path& target) {
  const std::string shown = printable(target.native());
  DOCTEUR_TRY(real, behind_links(target));
  if (!real.has_filename()) return give_up(blame::usage, shown + ": a file name is missing");
  atomic_file file(std::move(real), shown);
  DOCTEUR_CHECK(file.open());
  return file;
}

fs::path atomic_file::folder() const { return target_.has_parent_path() ? target_.parent_path() : fs::path("."); }

outcome<void> atomic_file::open() {
  folder_ = unique_fd(::open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_) return failed(errno);
  if (::fstatat(folder_.get(), target_.filename().c_str(), &before_, AT_SYMLINK_NOFOLLOW) == 0) {
    if (!S_ISREG(before_.st_mode)) return give_up(blame::usage, shown_ + ": not a file");
    replaced_ = identity_of(before_);
  } else if (errno != ENOENT) {
    return failed(errno);
  }
  const mode_t mode = replaced_ ? kPrivateMode : kNewMode;
  fd_ = unique_fd(::openat(folder_.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  // Only /proc can give such a file a name without privileges.
  if (fd_ && ::access(("/proc/self/fd/" + std::to_string(fd_.get())).c_str(), F_OK) == 0) return {};
  return open_with_name(mode);
}

outcome<void> atomic_file::open_with_name(mode_t mode) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = random_name(target_.filename().native());
    leftover_ = temporary_name(folder_.get(), name, [&] {
      fd_ = unique_fd(::openat(folder_.get(), name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode));
      return static_cast<bool>(fd_);
    });
    if (leftover_) {
      temporary_name_ = name;
      struct stat st {};
      if (::fstat(fd_.get(), &st) != 0) return failed(errno);
      temporary_ = identity_of(st);
      return {};
    }
    if (errno != EEXIST) break;
  }
  return failed(errno);
}

outcome<void> atomic_file::publish() {
  if (replaced_) DOCTEUR_CHECK(keep_permissions());
  // EINVAL, EROFS: a file system that has nothing to sync (fsync(2)).
  if (::fsync(fd_.get()) != 0 && errno != EINVAL && errno != EROFS) return failed(errno);
  if (temporary_name_.empty()) DOCTEUR_CHECK(link());
  if (!temporary_name_.empty()) {
    const std::string name = target_.filename().native();
    if (::renameat(folder_.get(), temporary_name_.c_str(), folder_.get(), name.c_str()) != 0) return failed(errno);
    leftover_.keep();
  }
  if (::fsync(folder_.get()) != 0 && errno != EINVAL) return failed(errno);
  return {};
}

// Links the unnamed file under its own name or, if that is taken, under a temporary one: only rename() replaces a file.
outcome<void> atomic_file::link() {
  const std::string unnamed = "/proc/self/fd/" + std::to_string(fd_.get());
  const auto link_as = [&](const std::string& name) {
    return ::linkat(AT_FDCWD, unnamed.c_str(), folder_.get(), name.c_str(), AT_SYMLINK_FOLLOW) == 0;
  };
  const std::string own = target_.filename().native();
  if (link_as(own)) return {};
  while (errno == EEXIST) {
    const std::string name = random_name(own);
    leftover_ = temporary_name(folder_.get(), name, [&] { return link_as(name); });
    if (!leftover_) continue;
    temporary_name_ = name;
    return {};
  }
  return failed(errno);
}

outcome<void> atomic_file::keep_permissions() {
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0) return failed(errno);
  // Only root may give files away, and we may not be in the group.
  if (st.st_uid != before_.st_uid) (void)!::fchown(fd_.get(), before_.st_uid, static_cast<gid_t>(-1));
  if (st.st_gid != before_.st_gid) (void)!::fchown(fd_.get(), static_cast<uid_t>(-1), before_.st_gid);
  const mode_t mode = before_.st_mode & kPermissions;
  // On a file system where all files have the same permissions none can be set.
  if ((st.st_mode & kPermissions) != mode && ::fchmod(fd_.get(), mode) != 0) return failed(errno);
  return {};
}

tl::unexpected<failure> atomic_file::failed(int error) const {
  return give_up(blame::environment, shown_ + ": " + std::strerror(error));
}

}  // namespace docteur
