#pragma once
// Descriptors 0, 1 and 2 are taken, whoever started the program. Hosted, POSIX.

namespace docteur::cli {

// Opens each that is closed on /dev/null, for reading: no file that is opened later, an image say, gets what is meant
// for stdout or stderr, and what is written to a closed stdout still fails. Where /dev/null cannot be had the root
// folder takes its place. False where that cannot be had either.
[[nodiscard]] bool open_standard_descriptors() noexcept;

}  // namespace docteur::cli
