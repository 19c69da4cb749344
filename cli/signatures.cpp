#include "cli/signatures.hpp"

#include "object/result.hpp"

namespace docteur::cli {

outcome<std::vector<signature_finding>> find_signers(std::span<const object_to_check> objects,
                                                     const std::optional<std::string>& allowed_signers,
                                                     const progress& report) {
  DOCTEUR_TRY(trusted, read_signers());
  if (allowed_signers) trusted.allowed_signers = *allowed_signers;
  return check_signatures(objects, trusted, report);
}

outcome<void> check_allowed_signers(const std::optional<std::string>& file, bool is_needed, const std::string& needed) {
  if (!file) return {};
  if (!is_needed) return give_up(blame::usage, "--allowed-signers: is for " + needed);
  return file->empty() ? give_up(blame::usage, "--allowed-signers: an empty name") : outcome<void>{};
}

}  // namespace docteur::cli
