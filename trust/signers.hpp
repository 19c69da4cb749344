#pragma once
// The user's git configuration of trusted signers and of the programs that check signatures. Hosted.

#include <string>

#include "object/failure.hpp"

namespace docteur {

// Validity of a key in OpenPGP (gpg's documentation, "TRUST_" lines), as in git's gpg.minTrustLevel.
enum class key_trust { never, undefined, marginal, fully, ultimate };

struct signers {
  std::string openpgp_program = "gpg";     // gpg.openpgp.program, gpg.program
  std::string ssh_program = "ssh-keygen";  // gpg.ssh.program
  std::string allowed_signers;             // gpg.ssh.allowedSignersFile: ssh-keygen(1), ALLOWED SIGNERS; empty: none
  std::string revoked_keys;                // gpg.ssh.revocationFile; empty: none
  key_trust least_trust = key_trust::undefined;
};

// Reads the system's and the user's files (located by GIT_CONFIG_NOSYSTEM, GIT_CONFIG_SYSTEM, GIT_CONFIG_GLOBAL,
// XDG_CONFIG_HOME and HOME, `git help config`), never a repository's, which must not decide whom to trust or what to
// run. Fails with blame::environment.
[[nodiscard]] outcome<signers> read_signers();

}  // namespace docteur
