#pragma once
// --signature and --require-signature: the same of an image and of what is to become one. Hosted.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "trust/signature_check.hpp"

namespace docteur::cli {

// Whom to trust: git's configuration of the user, and the file that --allowed-signers names, if it is not empty.
// Errors: as check_signatures().
[[nodiscard]] outcome<std::vector<signature_finding>> find_signers(std::span<const object_to_check> objects,
                                                                   const std::optional<std::string>& allowed_signers,
                                                                   const progress& watch);

// blame::usage for a file of allowed signers where `needed` (an option's name) is not given, and for an empty name.
[[nodiscard]] outcome<void> check_allowed_signers(const std::optional<std::string>& file, bool is_needed,
                                                  const std::string& needed);

}  // namespace docteur::cli
