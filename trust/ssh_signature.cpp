#include "trust/ssh_signature.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/printable.hpp"
#include "base/private_file.hpp"
#include "base/program.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

// ssh-keygen's "YYYYMMDDHHMMSS" in the local time zone, as git passes it.
std::string date_option(std::int64_t seconds) {
  const auto when = static_cast<std::time_t>(seconds);
  std::tm local{};
  std::array<char, 64> text{};
  if (::localtime_r(&when, &local) == nullptr ||
      std::strftime(text.data(), text.size(), "-Overify-time=%Y%m%d%H%M%S", &local) == 0)
    return "-Overify-time=19700101000000";
  return text.data();
}

class ssh_check {
 public:
  ssh_check(const signed_object& what, const signers& trusted, const std::string& signature, const progress& report)
      : what_(what), trusted_(trusted), signature_(signature), date_(date_option(what.when)), report_(report) {}

  outcome<signature_finding> run() {
    if (trusted_.allowed_signers.empty())
      return nobody(
          "no signer is allowed; --allowed-signers or git's gpg.ssh.allowedSignersFile must name a file of them");
    for (const std::string& file : {trusted_.allowed_signers, trusted_.revoked_keys})
      if (!file.empty() && ::access(file.c_str(), R_OK) != 0)
        return give_up(blame::environment, printable(file) + ": " + std::strerror(errno));
    DOCTEUR_TRY(found, keygen({"-Y", "find-principals", "-f", trusted_.allowed_signers, "-s", signature_, date_}));
    if (found.status != 0) return nobody("made with a key that belongs to no allowed signer");
    for (std::string_view rest = found.output; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string principal(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (principal.empty()) continue;
      std::vector<std::string> arguments{"-Y", "verify",  "-n", what_.space, "-f", trusted_.allowed_signers,
                                         "-I", principal, "-s", signature_,  date_};
      if (!trusted_.revoked_keys.empty()) arguments.insert(arguments.end(), {"-r", trusted_.revoked_keys});
      DOCTEUR_TRY(verified, keygen(std::move(arguments)));
      if (verified.status == 0)
        return signature_finding{"", verdict::good, printable(principal) + key_of(verified.output)};
    }
    return nobody("made with a key that its signer may not use for this, or not any more");
  }

 private:
  // No trusted signer; checks whether it is a signature of this content at all.
  outcome<signature_finding> nobody(const char* why) {
    DOCTEUR_TRY(alone, keygen({"-Y", "check-novalidate", "-n", what_.space, "-s", signature_}));
    if (alone.status == 0) return signature_finding{"", verdict::untrusted, why + key_of(alone.output)};
    return signature_finding{"", verdict::bad, "a bad signature: not what was signed"};
  }

  // Good "git" signature for PRINCIPAL with ED25519 key SHA256:...
  static std::string key_of(std::string_view output) {
    const std::size_t with = output.rfind(" with ");
    const std::size_t end = std::min(output.find('\n', with == std::string_view::npos ? 0 : with), output.size());
    if (with == std::string_view::npos) return "";
    return " (SSH " + printable(output.substr(with + 6, end - with - 6)) + ")";
  }

  outcome<program_result> keygen(std::vector<std::string> arguments) {
    program_call command;
    command.arguments = std::move(arguments);
    command.arguments.insert(command.arguments.begin(), trusted_.ssh_program);
    command.environment = program_environment();
    command.input = as_bytes(what_.payload);
    auto ran = run_program(command, report_);
    if (!ran) ran.error().message += "; it checks SSH signatures";
    return ran;
  }

  const signed_object& what_;
  const signers& trusted_;
  const std::string& signature_;
  std::string date_;
  const progress& report_;
};

}  // namespace

outcome<signature_finding> check_ssh(const signed_object& what, const signers& trusted, const progress& report) {
  DOCTEUR_TRY(signature, private_file::create(as_bytes(what.signature)));
  return ssh_check(what, trusted, signature.path(), report).run();
}

}  // namespace docteur
