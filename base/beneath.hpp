#pragma once
// Opens files below a folder without following a symbolic link on the way. Hosted, POSIX.

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/unique_fd.hpp"

namespace docteur {

// Opens `path` ('/'-separated, no "." or ".."; empty: the folder itself) below the folder `root`. No component may be
// a symbolic link, except the last one with O_PATH: then the descriptor names the link itself. `path` may be longer
// than PATH_MAX. O_CLOEXEC, O_NOFOLLOW and O_NONBLOCK (a FIFO put there meanwhile must not block) are added to `flags`.
// The error is an errno value; ELOOP or ENOTDIR where a link was met.
[[nodiscard]] tl::expected<unique_fd, int> open_beneath(int root, std::string_view path, int flags);

// Identifies a file, whatever its names.
struct file_identity {
  dev_t device = 0;
  ino_t inode = 0;

  friend bool operator==(const file_identity&, const file_identity&) = default;
};
[[nodiscard]] inline file_identity identity_of(const struct stat& st) noexcept { return {st.st_dev, st.st_ino}; }

// Differs when a file was replaced or rewritten. Only root, or a clock that stands still, could change content without
// it.
struct file_stamp {
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  std::int64_t changed = 0;   // the same of the inode

  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};
[[nodiscard]] file_stamp stamp_of(const struct stat& st) noexcept;
// The stamp of the file at `path`; a default one if there is none.
[[nodiscard]] file_stamp stamp_at(const std::string& path) noexcept;

}  // namespace docteur
