#pragma once
// A folder whose content appears when it is complete. Hosted, POSIX.
//
// What is written goes into a staging folder: beside the target, which it becomes at the end, or, where the target is
// there already and empty, inside it (a mount point, or the only place one may write to), from where its entries are
// moved up at the end. Whatever ends the work but SIGKILL, the staging folder is removed and the target is as it was.

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
  // Fails with blame::usage when `target` is anything but nothing or an empty folder.
  [[nodiscard]] static outcome<std::unique_ptr<target_folder>> create(const std::filesystem::path& target);

  target_folder(const target_folder&) = delete;
  target_folder& operator=(const target_folder&) = delete;

  // The staging folder.
  [[nodiscard]] int staging() const noexcept { return staging_.get(); }
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }  // the target, for messages

  // What was staged is the target's content from here on. `modified`: the target's own time, if it is to be set.
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
