#pragma once
// The checks behind --signature (of an image) and --require-signature (of a source). Hosted.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "proof/file_list.hpp"
#include "trust/signature_check.hpp"

namespace docteur::cli {

using findings = std::vector<signature_finding>;

// Checks against the user's git configuration and the file that --allowed-signers names, if it is not empty. Errors: as
// check_signatures().
[[nodiscard]] outcome<findings> find_signers(std::span<const object_to_check> objects,
                                             const std::optional<std::string>& allowed_signers, const progress& report);

// Checks the signature of a list of files in the same way.
[[nodiscard]] outcome<signature_finding> find_list_signer(const list_statement& statement, list_signature_kind kind,
                                                          bytes signature,
                                                          const std::optional<std::string>& allowed_signers,
                                                          const progress& report);

// blame::usage for a file of allowed signers without the option `needed`, and for an empty name.
[[nodiscard]] outcome<void> check_allowed_signers(const std::optional<std::string>& file, bool is_needed,
                                                  const std::string& needed);

// A line "signed" for each good signature, in the style of docteur-verify.
[[nodiscard]] std::string signed_text(const findings& signatures);
[[nodiscard]] std::string json_of_signature(const signature_finding& f);

}  // namespace docteur::cli
