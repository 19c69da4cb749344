#pragma once
// Mounts an image and answers until it is unmounted. Hosted, libfuse3.

#include <string>

#include "mount/fuse_operations.hpp"
#include "mount/mount_options.hpp"
#include "object/failure.hpp"

namespace docteur {

struct mount_plan {
  std::string source;  // the image's name in the system's table of mounts
  std::string folder;  // the mount point: absolute, without links
  mount_options options;
  unsigned threads = 0;  // 0: one for each core
};

// The type of such mounts in the system's table.
inline constexpr const char* kMountType = "fuse.docteur";

// Mounts, and calls `with.started` once requests are answered. Returns when the folder was unmounted, or has unmounted
// it itself at a SIGINT, SIGTERM or SIGHUP that was not ignored: at once, even if files are still in use, as their
// readers will notice. To be called in the main thread, before the program has other threads that may take signals; it
// leaves these signals blocked. Where a read of the device does not end within half a second after the signal, it ends
// the process, with status 0. Fails (blame::environment) if the folder cannot be mounted, or is an image's already.
[[nodiscard]] outcome<void> serve_mount(fuse_answers& with, const mount_plan& plan);

}  // namespace docteur
