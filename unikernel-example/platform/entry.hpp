#pragma once
// The entry point that a platform calls when it is ready.

#include <span>
#include <string_view>

#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

// Serves until platform::stop(). `words`: options as on a kernel command line (application/options.hpp). Returns an
// exit status like the commands': 0 success, 1 bad image, 2 wrong options, 3 the environment failed. Errors are printed
// on the console.
[[nodiscard]] int start(platform& p, std::span<const std::string_view> words);

}  // namespace docteur::cache_vm
