#pragma once
// A folder whose content appears only once it is complete. Hosted, POSIX.
//
// Everything is written into a staging folder. It is beside the target and is renamed to it at the end; or, if the
// target is an existing empty folder (a mount point, or the only writable place), inside it, and its entries are moved
// up at the end. Unless SIGKILL ends the work, the staging folder is removed and the target is as it was.

#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/leftover.hpp"
#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur {

class target_folder {
 public:
  // Fails with blame::usage if `target` exists and is not an empty folder.
  [[nodiscard]] static outcome<std::unique_ptr<target_folder>> create(const std::filesystem::path& target);

  target_folder(const target_folder&) = delete;
  target_folder& operator=(const target_folder&) = delete;

  // The staging folder.
  [[nodiscard]] int staging() const noexcept { return staging_.get(); }
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }  // the target, for messages

  // Makes the staged content the target's. `modified`: time for the target itself, if it should be set.
  [[nodiscard]] outcome<void> publish(const std::optional<timespec>& modified);

 private:
  target_folder() = default;
  outcome<void> make_staging();
  outcome<void> move_up();
  [[nodiscard]] tl::unexpected<failure> failed(int error) const;

  std::string shown_;
  std::string name_;          // of the target in outer_; empty: outer_ is the target
  unique_fd outer_;           // holds the staging folder
  std::string staging_name_;  // in outer_; empty: none
  unique_fd staging_;
  leftover leftover_;  // the staging folder
};

}  // namespace docteur
