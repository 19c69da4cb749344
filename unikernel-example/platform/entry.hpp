#pragma once
// Where the application begins on a platform that has no command line parser of its own.

#include <span>
#include <string_view>

#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

// Called once, when the platform is up. `words`: the command line split at spaces, all of it; what a platform consumes
// itself (pvh: ip=, gateway=, virtio_mmio.device=) is still there and is not the application's to refuse. Both
// arguments outlive the call. Returns the exit status: 0 ends the machine as platform::stop() said (power off when it
// was not called), anything else is a failure.
[[nodiscard]] int start(platform& on, std::span<const std::string_view> words);

}  // namespace docteur::cache_vm
