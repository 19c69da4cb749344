#pragma once
// A file that appears under its name only once it is complete. Hosted, POSIX.
//
// It is created unnamed in the target's folder and gets its name once it is complete and synced, so nothing stays
// behind whatever ends the program. Where the file system has no unnamed files, or there is no /proc to link one from,
// it has a temporary name beside the target, which is removed on every way out except SIGKILL and a crash.

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/beneath.hpp"
#include "base/leftover.hpp"
#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur {

// The path that the symbolic links of `path` lead to; it need not exist. blame::environment for a loop.
[[nodiscard]] outcome<std::filesystem::path> behind_links(const std::filesystem::path& path);

class atomic_file {
 public:
  // Follows the symbolic links of `target` as open(2) with O_CREAT does. A regular file there will be replaced: its
  // permissions and, where allowed, its owner stay. A new file's permissions follow the umask. Fails with
  // blame::environment, or with blame::usage if `target` has no file name or names something other than a regular file.
  [[nodiscard]] static outcome<atomic_file> create(const std::filesystem::path& target);

  [[nodiscard]] int get() const noexcept { return fd_.get(); }  // open for reading and writing
  // The folder that holds the target.
  [[nodiscard]] std::filesystem::path folder() const;
  // The file to be replaced, and the one being written while it has a name: neither counts as content of a folder.
  [[nodiscard]] const std::optional<file_identity>& replaced() const noexcept { return replaced_; }
  [[nodiscard]] const std::optional<file_identity>& temporary() const noexcept { return temporary_; }

  // Syncs the file and gives it its name. On failure what was there before is still there.
  [[nodiscard]] outcome<void> publish();

 private:
  explicit atomic_file(std::filesystem::path target, std::string shown)
      : target_(std::move(target)), shown_(std::move(shown)) {}
  outcome<void> open();
  outcome<void> open_with_name(mode_t mode);
  outcome<void> link();
  outcome<void> keep_permissions();
  [[nodiscard]] tl::unexpected<failure> failed(int error) const;

  std::filesystem::path target_;  // no symbolic link
  std::string shown_;             // printable, as the caller named it
  unique_fd folder_;
  unique_fd fd_;
  struct stat before_ {};  // of what is replaced
  std::optional<file_identity> replaced_;
  std::optional<file_identity> temporary_;
  std::string temporary_name_;  // in folder_; empty: none
  leftover leftover_;           // that name
};

}  // namespace docteur
