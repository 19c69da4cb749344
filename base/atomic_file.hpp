#pragma once
// A file that is under its name only when it is whole. Hosted, POSIX.
//
// It is made without a name in the target's folder and gets its name when it is whole and synced: nothing stays behind
// whatever ends the program. Where the file system cannot do that, or there is no /proc to name such a file by, it has
// a name of its own beside the target, which is removed on every way out but SIGKILL and a crash.

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

// What the symbolic links of `path` lead to, which need not be there. blame::environment for a loop.
[[nodiscard]] outcome<std::filesystem::path> behind_links(const std::filesystem::path& path);

class atomic_file {
 public:
  // For what is behind the symbolic links of `target`, as open(2) with O_CREAT follows them: a regular file, which
  // will be replaced and whose permissions and, where allowed, owner stay, or nothing; a new file's permissions follow
  // the umask. Fails with blame::environment, or with blame::usage where `target` names no file.
  [[nodiscard]] static outcome<atomic_file> create(const std::filesystem::path& target);

  [[nodiscard]] int get() const noexcept { return fd_.get(); }  // open for reading and writing
  // The folder that holds the target.
  [[nodiscard]] std::filesystem::path folder() const;
  // The file that is to be replaced, and the one that is written while it has a name: neither is content of a folder.
  [[nodiscard]] const std::optional<file_identity>& replaced() const noexcept { return replaced_; }
  [[nodiscard]] const std::optional<file_identity>& temporary() const noexcept { return temporary_; }

  // Syncs it and gives it its name. On failure what was there before is still there.
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
  std::string shown_;             // printable, as it was named
  unique_fd folder_;
  unique_fd fd_;
  struct stat before_ {};  // of what is replaced
  std::optional<file_identity> replaced_;
  std::optional<file_identity> temporary_;
  std::string temporary_name_;  // in folder_; empty: none
  leftover leftover_;           // that name
};

}  // namespace docteur
