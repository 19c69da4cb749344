#include "cli/signatures.hpp"

#include "base/printable.hpp"
#include "cli/json.hpp"
#include "object/result.hpp"
#include "trust/list_signing.hpp"

namespace docteur::cli {
namespace {

const char* word(verdict v) {
  switch (v) {
    case verdict::good: return "good";
    case verdict::untrusted: return "untrusted";
    case verdict::bad: return "bad";
    case verdict::absent: return "absent";
  }
  return "";
}

// The user's, with the file that --allowed-signers names.
outcome<signers> trusted_signers(const std::optional<std::string>& allowed_signers) {
  DOCTEUR_TRY(trusted, read_signers());
  if (allowed_signers) trusted.allowed_signers = *allowed_signers;
  return trusted;
}

}  // namespace

outcome<findings> find_signers(std::span<const object_to_check> objects,
                               const std::optional<std::string>& allowed_signers, const progress& report) {
  DOCTEUR_TRY(trusted, trusted_signers(allowed_signers));
  return check_signatures(objects, trusted, report);
}

outcome<signature_finding> find_list_signer(const list_statement& statement, list_signature_kind kind, bytes signature,
                                            const std::optional<std::string>& allowed_signers, const progress& report) {
  if (kind == list_signature_kind::none) return signature_finding{"list of files", verdict::absent, "not signed"};
  DOCTEUR_TRY(trusted, trusted_signers(allowed_signers));
  const auto format = kind == list_signature_kind::ssh ? signature_format::ssh : signature_format::openpgp;
  const detached_signature by{format, {signature.begin(), signature.end()}};
  const statement_text text(statement);
  return check_text(text.view(), by, std::string(kListNamespace), static_cast<std::int64_t>(statement.date),
                    "list of files", trusted, report);
}

outcome<void> check_allowed_signers(const std::optional<std::string>& file, bool is_needed, const std::string& needed) {
  if (!file) return {};
  if (!is_needed) return give_up(blame::usage, "--allowed-signers: is for " + needed);
  return file->empty() ? give_up(blame::usage, "--allowed-signers: an empty name") : outcome<void>{};
}

std::string signed_text(const findings& signatures) {
  std::string text;
  for (const signature_finding& f : signatures)
    if (f.result == verdict::good) text += "signed\t: " + printable_line(f.object + " by " + f.text) + "\n";
  return text;
}

std::string json_of_signature(const signature_finding& f) {
  return json_object().add("object", f.object).add("result", word(f.result)).add("text", f.text).text();
}

}  // namespace docteur::cli
