#pragma once
// Whom the user trusts to sign, and the programs that check it: git's configuration of the user. Hosted.

#include <string>

#include "object/failure.hpp"

namespace docteur {

// How far OpenPGP believes that a key is its user's (gpg's documentation, "TRUST_" lines), git's gpg.minTrustLevel.
enum class key_trust { never, undefined, marginal, fully, ultimate };

struct signers {
  std::string openpgp_program = "gpg";     // gpg.openpgp.program, gpg.program
  std::string ssh_program = "ssh-keygen";  // gpg.ssh.program
  std::string allowed_signers;             // gpg.ssh.allowedSignersFile: ssh-keygen(1), ALLOWED SIGNERS; empty: none
  std::string revoked_keys;                // gpg.ssh.revocationFile; empty: none
  key_trust least_trust = key_trust::undefined;
};

// From the system's and the user's files (GIT_CONFIG_NOSYSTEM, GIT_CONFIG_SYSTEM, GIT_CONFIG_GLOBAL, XDG_CONFIG_HOME
// and HOME say where, `git help config`), never from that of a repository: it must not say whom to trust, or what to
// run. Fails with blame::environment.
[[nodiscard]] outcome<signers> read_signers();

}  // namespace docteur
