#include "trust/openpgp.hpp"

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "base/private_file.hpp"
#include "base/program.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

struct outcome_line {
  std::string_view keyword;
  verdict result;
  const char* text;
};
// gpg writes exactly one of these for each signature.
constexpr std::array<outcome_line, 6> kOutcomes{{
    {"GOODSIG", verdict::good, ""},
    {"EXPSIG", verdict::untrusted, "a signature that has expired"},
    {"EXPKEYSIG", verdict::untrusted, "made with a key that has expired"},
    {"REVKEYSIG", verdict::untrusted, "made with a key that was revoked"},
    {"BADSIG", verdict::bad, "a bad signature: not what was signed"},
    {"ERRSIG", verdict::untrusted, "cannot be checked: its key is not in the keyring"},
}};

struct trust_line {
  std::string_view keyword;
  key_trust level;
};
constexpr std::array<trust_line, 5> kTrust{{{"TRUST_NEVER", key_trust::never},
                                            {"TRUST_UNDEFINED", key_trust::undefined},
                                            {"TRUST_MARGINAL", key_trust::marginal},
                                            {"TRUST_FULLY", key_trust::fully},
                                            {"TRUST_ULTIMATE", key_trust::ultimate}}};

// Removes the first word of `text` and returns it.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

signature_finding read_gpg_status(std::string_view status, int exit_status, key_trust least) {
  constexpr std::string_view kPrefix = "[GNUPG:] ";
  const outcome_line* found = nullptr;
  unsigned outcomes = 0;
  std::string_view key, user, fingerprint;
  key_trust level = key_trust::undefined;
  while (!status.empty()) {
    const std::size_t end = std::min(status.find('\n'), status.size());
    std::string_view line = status.substr(0, end);
    status.remove_prefix(std::min(end + 1, status.size()));
    if (!line.starts_with(kPrefix)) continue;
    line.remove_prefix(kPrefix.size());
    const std::string_view keyword = take_word(line);
    for (const outcome_line& o : kOutcomes) {
      if (keyword != o.keyword) continue;
      found = &o;
      ++outcomes;
      key = take_word(line);
      user = line;
    }
    for (const trust_line& t : kTrust)
      if (keyword == t.keyword) level = t.level;
    if (keyword == "VALIDSIG") fingerprint = take_word(line);
  }
  const std::string with_key = key.empty() ? "" : " (OpenPGP key " + printable(key) + ")";
  if (outcomes == 0) return {"", verdict::bad, "not a signature that gpg can read"};
  if (outcomes > 1) return {"", verdict::bad, "more than one signature"};
  if (found->result != verdict::good) return {"", found->result, found->text + with_key};
  if (exit_status != 0 || fingerprint.empty()) return {"", verdict::bad, "gpg does not accept it" + with_key};
  if (level == key_trust::never || level < least)
    return {"", verdict::untrusted, "made with a key that is not trusted enough" + with_key};
  return {"", verdict::good, printable(user) + " (OpenPGP " + printable(fingerprint) + ")"};
}

outcome<signature_finding> check_openpgp(const signed_object& what, const signers& trusted, const progress& report) {
  DOCTEUR_TRY(signature, private_file::create(as_bytes(what.signature)));
  program_call gpg;
  gpg.arguments = {trusted.openpgp_program,
                   "--batch",
                   "--no-tty",
                   "--no-auto-key-retrieve",
                   "--status-fd=1",
                   "--keyid-format=long",
                   "--verify",
                   signature.path(),
                   "-"};
  gpg.environment = program_environment({"GNUPGHOME"});
  gpg.input = as_bytes(what.payload);
  auto ran = run_program(gpg, report);
  if (!ran) {
    ran.error().message += "; it checks OpenPGP signatures";
    return tl::make_unexpected(std::move(ran.error()));
  }
  return read_gpg_status(ran->output, ran->status, trusted.least_trust);
}

}  // namespace docteur
