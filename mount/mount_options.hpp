#pragma once
// The options of -o, as mount(8), fstab(5) and mount helpers give them. Hosted.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mount/mounted_tree.hpp"
#include "object/failure.hpp"

namespace docteur {

struct mount_options {
  std::optional<std::uint32_t> user;   // uid=
  std::optional<std::uint32_t> group;  // gid=
  bool allow_other = false;
  bool allow_root = false;
  std::vector<std::string> for_kernel;  // noexec, noatime, context=...: as they are
};

// Adds the comma-separated options in `text` to `to`. What a read-only image has anyway (ro, nosuid, nodev,
// default_permissions) and what is for mount(8) alone (rw, noauto, user, _netdev, x-...) has no effect. Fails
// (blame::usage) for an unknown option or a bad value.
[[nodiscard]] outcome<void> add_mount_options(std::string_view text, mount_options& to);

}  // namespace docteur
