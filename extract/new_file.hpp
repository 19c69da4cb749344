#pragma once
// Creates new files. Hosted, POSIX.

#include <sys/types.h>

#include <ctime>
#include <optional>
#include <string>

#include "base/unique_fd.hpp"
#include "object/byte_sink.hpp"

namespace docteur {

class new_file final : public byte_sink {
 public:
  // Creates `name` in `folder`. No symbolic link is followed, and an existing name is a failure. `mode`: minus the
  // umask. `shown`: for messages.
  [[nodiscard]] static outcome<new_file> create(int folder, const std::string& name, mode_t mode, std::string shown);

  [[nodiscard]] outcome<void> write(bytes data) override;
  // Sets the times of modification and access, if given. durability::sync waits until the content is on the disk.
  enum class durability { lazy, sync };
  [[nodiscard]] outcome<void> finish(const std::optional<timespec>& modified, durability wanted = durability::lazy);

 private:
  new_file(unique_fd fd, std::string shown) : fd_(std::move(fd)), shown_(std::move(shown)) {}
  [[nodiscard]] tl::unexpected<failure> failed(int error) const;

  unique_fd fd_;
  std::string shown_;
};

}  // namespace docteur
