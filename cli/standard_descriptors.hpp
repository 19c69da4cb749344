#pragma once
// Makes sure that descriptors 0, 1 and 2 are open. Hosted, POSIX.

namespace docteur::cli {

// Opens each closed one on /dev/null, for reading: so no file opened later, such as an image, receives output meant for
// stdout or stderr, and writes to a closed stdout still fail. If /dev/null cannot be opened, the root folder is.
// Returns false if that cannot be opened either.
[[nodiscard]] bool open_standard_descriptors() noexcept;

}  // namespace docteur::cli
