#pragma once
// Which mount a folder shows. Hosted, Linux.

#include <optional>
#include <string>
#include <string_view>

namespace docteur {

struct mount_entry {
  std::string device;  // "MAJOR:MINOR"
  std::string type;    // "fuse.docteur"
};

// Returns the topmost mount whose mount point is `folder`, an absolute path without links; nullopt if there is none, or
// if the process cannot see its mounts. `table`: the text of /proc/self/mountinfo (proc_pid_mountinfo(5)).
[[nodiscard]] std::optional<mount_entry> find_mount(std::string_view table, std::string_view folder);

// The same with this process's table.
[[nodiscard]] std::optional<mount_entry> find_mount(const std::string& folder);

}  // namespace docteur
