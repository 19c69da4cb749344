#include "trust/list_signing.hpp"

#include "base/base64.hpp"
#include "base/printable.hpp"
#include "base/program.hpp"
#include "object/result.hpp"
#include "trust/openpgp.hpp"
#include "trust/ssh_signature.hpp"

namespace docteur {
namespace {

constexpr std::string_view kGpgKey = "gpg:";
constexpr std::string_view kSshBegin = "-----BEGIN SSH SIGNATURE-----\n";
constexpr std::string_view kSshEnd = "-----END SSH SIGNATURE-----\n";
constexpr std::size_t kArmourLine = 70;  // characters, as ssh-keygen writes them

std::vector<std::byte> to_vector(std::string_view raw) {
  const bytes view = as_bytes(raw);
  return {view.begin(), view.end()};
}

std::string armoured(bytes raw) {
  const std::string text = base64_encoded(as_text(raw));
  std::string out(kSshBegin);
  for (std::size_t at = 0; at < text.size(); at += kArmourLine) out.append(text, at, kArmourLine).append("\n");
  return out.append(kSshEnd);
}

// nullopt if it is no armoured signature.
std::optional<std::string> unarmoured(std::string_view text) {
  if (!text.starts_with(kSshBegin) || !text.ends_with(kSshEnd)) return std::nullopt;
  text.remove_prefix(kSshBegin.size());
  text.remove_suffix(kSshEnd.size());
  std::string digits;
  for (const char c : text)
    if (c != '\n' && c != '\r') digits += c;
  return base64_decoded(digits);
}

// What a program said last, for a message.
std::string last_line(std::string_view said) {
  while (said.ends_with('\n') || said.ends_with('\r')) said.remove_suffix(1);
  return printable(said.substr(said.rfind('\n') == std::string_view::npos ? 0 : said.rfind('\n') + 1));
}

outcome<std::string> run_signer(std::vector<std::string> arguments, std::string_view text, const std::string& key,
                                const progress& report) {
  program_call call;
  const std::string program = arguments.front();
  call.arguments = std::move(arguments);
  call.environment = program_environment(
      {"GNUPGHOME", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY", "GPG_TTY", "TERM"});
  call.input = as_bytes(text);
  auto ran = run_program(call, report);
  if (!ran) {
    ran.error().message += "; it makes the signature";
    return tl::make_unexpected(std::move(ran.error()));
  }
  if (ran->status != 0 || ran->output.empty())
    return give_up(blame::environment,
                   printable(key) + ": " + printable(program) + " does not sign with it: " + last_line(ran->errors));
  return std::move(ran->output);
}

}  // namespace

outcome<detached_signature> sign_text(const std::string& key, std::string_view text, const std::string& space,
                                      const signers& programs, const progress& report) {
  if (key.starts_with(kGpgKey)) {
    const std::string user = key.substr(kGpgKey.size());
    if (user.empty()) return give_up(blame::usage, "--sign: an empty name of a key");
    DOCTEUR_TRY(raw, run_signer({programs.openpgp_program, "--batch", "--quiet", "--detach-sign", "--no-armor",
                                 "--local-user", user, "--output", "-", "-"},
                                text, key, report));
    return detached_signature{signature_format::openpgp, to_vector(raw)};
  }
  if (key.empty()) return give_up(blame::usage, "--sign: an empty name of a key");
  DOCTEUR_TRY(text_of, run_signer({programs.ssh_program, "-Y", "sign", "-f", key, "-n", space}, text, key, report));
  const auto raw = unarmoured(text_of);
  if (!raw) return give_up(blame::environment, printable(programs.ssh_program) + ": its signature cannot be read");
  return detached_signature{signature_format::ssh, to_vector(*raw)};
}

outcome<signature_finding> check_text(std::string_view text, const detached_signature& by, const std::string& space,
                                      std::int64_t when, std::string name, const signers& trusted,
                                      const progress& report) {
  signed_object what{std::string(text), {}, by.format, when, space};
  what.signature = by.format == signature_format::ssh ? armoured(by.raw) : std::string(as_text(by.raw));
  DOCTEUR_TRY(finding, by.format == signature_format::ssh ? check_ssh(what, trusted, report)
                                                          : check_openpgp(what, trusted, report));
  finding.object = std::move(name);
  return finding;
}

}  // namespace docteur
