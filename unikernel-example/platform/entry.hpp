#pragma once
// What a platform calls when it is ready.

#include <span>
#include <string_view>

#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

// Serves until platform::stop(). `words`: the options, as on a kernel command line; those that are the platform's own
// (ip=, gateway=, virtio_mmio.device=) are passed over. Returns how it went, as the commands' exit statuses: 0 good, 1
// the image is not, 2 wrong options, 3 the environment failed; what was wrong was said on the console.
[[nodiscard]] int start(platform& p, std::span<const std::string_view> words);

}  // namespace docteur::cache_vm
