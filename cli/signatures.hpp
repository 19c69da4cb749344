#pragma once
// The checks behind --signature (of an image) and --require-signature (of a source). Hosted.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "trust/signature_check.hpp"

namespace docteur::cli {

// Checks against the user's git configuration and the file that --allowed-signers names, if it is not empty. Errors: as
// check_signatures().
[[nodiscard]] outcome<std::vector<signature_finding>> find_signers(std::span<const object_to_check> objects,
                                                                   const std::optional<std::string>& allowed_signers,
                                                                   const progress& report);

// blame::usage for a file of allowed signers without the option `needed`, and for an empty name.
[[nodiscard]] outcome<void> check_allowed_signers(const std::optional<std::string>& file, bool is_needed,
                                                  const std::string& needed);

}  // namespace docteur::cli
