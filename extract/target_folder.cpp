#include "extract/target_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "base/printable.hpp"
#include "base/removal.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string random_name() {
  std::random_device random;
  std::array<char, 48> name{};
  std::snprintf(name.data(), name.size(), ".docteur-extract.%08x%08x.tmp", random(), random());
  return name.data();
}

// Lists names in the folder, without "." and "..". Returns false with errno if it cannot be read.
bool list(int folder, std::vector<std::string>& names) {
  names.clear();
  // Opened anew: reading moves the position, which duplicates share.
  const int own = ::openat(folder, ".", kFolder);
  if (own < 0) return false;
  DIR* const stream = ::fdopendir(own);
  if (stream == nullptr) {
    ::close(own);
    return false;
  }
  errno = 0;
  while (const dirent* const e = ::readdir(stream)) {
    const std::string_view name = e->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  const int error = errno;
  ::closedir(stream);
  errno = error;
  return error == 0;
}

// Removes everything in `folder`, however deep, with one more descriptor: the content of subfolders is moved up until
// every folder is empty. Symbolic links are removed, never followed. Stops at what cannot be removed.
void clear(int folder) {
  unsigned moved = 0;
  for (std::vector<std::string> names, below; list(folder, names) && !names.empty();) {
    bool removed_any = false;
    for (const std::string& name : names) {
      if (::unlinkat(folder, name.c_str(), 0) == 0 || ::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0) {
        removed_any = true;
        continue;
      }
      const unique_fd inner(::openat(folder, name.c_str(), kFolder));
      if (!inner || !list(inner.get(), below)) continue;
      for (const std::string& child : below) {
        if (::unlinkat(inner.get(), child.c_str(), 0) == 0) {
          removed_any = true;
          continue;
        }
        // A folder. If this name exists, it will be removed next.
        const std::string name_above = ".docteur-removed." + std::to_string(moved++);
        if (::renameat(inner.get(), child.c_str(), folder, name_above.c_str()) == 0) removed_any = true;
      }
      if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0) removed_any = true;
    }
    if (!removed_any) return;
  }
}

// Removes the folder with its content.
void remove_folder(int outer, const std::string& name) {
  remove_patiently([&] {
    const unique_fd folder(::openat(outer, name.c_str(), kFolder));
    if (!folder) return true;
    clear(folder.get());
    return ::unlinkat(outer, name.c_str(), AT_REMOVEDIR) == 0;
  });
}

}  // namespace

outcome<std::unique_ptr<target_folder>> target_folder::create(const std::filesystem::path& target) {
  std::unique_ptr<target_folder> self(new target_folder);
  self->shown_ = printable(target.native());
  if (target.empty()) return give_up(blame::usage, "the name of the folder is empty");
  const auto taken = [&](const char* what) {
    return give_up(blame::usage, self->shown_ + ": " + what + "; name a new folder, or an empty one");
  };
  self->outer_ = unique_fd(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (self->outer_) {
    std::vector<std::string> names;
    if (!list(self->outer_.get(), names)) return self->failed(errno);
    if (!names.empty()) return taken("is not empty");
  } else {
    if (errno == ENOTDIR) return taken("exists and is not a folder");
    if (errno != ENOENT) return self->failed(errno);
    std::string path = target.native();
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const std::size_t slash = path.rfind('/');
    self->name_ = slash == std::string::npos ? path : path.substr(slash + 1);
    const std::string above = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    struct stat st {};
    if (::lstat(path.c_str(), &st) == 0) return taken("is a symbolic link to nothing");
    if (self->name_ == "." || self->name_ == "..") return self->failed(ENOENT);
    self->outer_ = unique_fd(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!self->outer_) return self->failed(errno);
  }
  DOCTEUR_CHECK(self->make_staging());
  return self;
}

outcome<void> target_folder::make_staging() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = random_name();
    leftover_ = leftover([&]() -> std::function<void()> {
      if (::mkdirat(outer_.get(), name.c_str(), 0777) != 0) return {};
      return [outer = outer_.get(), name] { remove_folder(outer, name); };
    });
    if (leftover_) {
      staging_name_ = name;
      staging_ = unique_fd(::openat(outer_.get(), staging_name_.c_str(), kFolder));
      return staging_ ? outcome<void>{} : failed(errno);
    }
    if (errno != EEXIST) break;
  }
  return failed(errno);
}

outcome<void> target_folder::publish(const std::optional<timespec>& modified) {
  const auto set_time = [&](const unique_fd& folder) -> outcome<void> {
    if (!modified) return {};
    const std::array<timespec, 2> times{*modified, *modified};
    return ::futimens(folder.get(), times.data()) == 0 ? outcome<void>{} : failed(errno);
  };
  if (!name_.empty()) {
    DOCTEUR_CHECK(set_time(staging_));
    if (::renameat(outer_.get(), staging_name_.c_str(), outer_.get(), name_.c_str()) != 0) return failed(errno);
    leftover_.keep();
    return {};
  }
  DOCTEUR_CHECK(move_up());
  if (::unlinkat(outer_.get(), staging_name_.c_str(), AT_REMOVEDIR) != 0) return failed(errno);
  leftover_.keep();
  return set_time(outer_);
}

outcome<void> target_folder::move_up() {
  std::vector<std::string> names;
  if (!list(staging_.get(), names)) return failed(errno);
  std::size_t done = 0;
  int error = 0;
  for (; done < names.size() && error == 0; ++done) {
    const char* const name = names[done].c_str();
    // Does not replace what was put there meanwhile; if the file system cannot guarantee that, checks first.
    if (::renameat2(staging_.get(), name, outer_.get(), name, RENAME_NOREPLACE) == 0) continue;
    error = errno;
    struct stat st {};
    if (error == EINVAL && ::fstatat(outer_.get(), name, &st, AT_SYMLINK_NOFOLLOW) != 0)
      error = ::renameat(staging_.get(), name, outer_.get(), name) == 0 ? 0 : errno;
    if (error != 0) break;
  }
  if (error == 0) return {};
  while (done-- > 0) {
    const char* const name = names[done].c_str();
    (void)::renameat(outer_.get(), name, staging_.get(), name);
  }
  return failed(error);
}

tl::unexpected<failure> target_folder::failed(int error) const {
  return give_up(blame::environment, shown_ + ": " + std::strerror(error));
}

}  // namespace docteur
