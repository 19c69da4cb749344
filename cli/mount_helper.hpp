#pragma once
// The command line that mount(8) gives to a helper "mount.TYPE". Hosted.

#include <string>
#include <vector>

namespace docteur::cli {

struct helper_call {
  bool is_helper = false;          // the program was called by a name "mount.TYPE"
  bool is_fake = false;            // -f: all but the mounting
  std::vector<std::string> words;  // the same command line, program included, without what is for helpers only
};

// "mount.TYPE SOURCE FOLDER [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]" (mount(8), "External helpers"). Of OPTIONS,
// those of docteur-mount itself, such as "digest=sha256:...", become words like "--digest=sha256:...". Other command
// lines stay as they are.
[[nodiscard]] helper_call read_helper_call(int argc, const char* const* argv);

// The exit status that mount(8) expects of a helper, for one of ours.
[[nodiscard]] constexpr int helper_status(int status) noexcept { return status == 0 ? 0 : status == 2 ? 1 : 32; }

}  // namespace docteur::cli
