#pragma once
// OpenPGP signatures, checked by gpg with the user's keyring. Hosted.

#include "trust/signature_check.hpp"

namespace docteur {

// The finding's `object` stays empty. As in git, a key in the keyring is trusted unless it has expired, was revoked, is
// marked as never trusted, or its validity is below signers::least_trust. No key is fetched.
[[nodiscard]] outcome<signature_finding> check_openpgp(const signed_object& what, const signers& trusted,
                                                       const progress& report);

// The same from gpg's output. `status`: the lines of --status-fd (gpg's doc/DETAILS).
[[nodiscard]] signature_finding read_gpg_status(std::string_view status, int exit_status, key_trust least);

}  // namespace docteur
