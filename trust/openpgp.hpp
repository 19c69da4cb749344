#pragma once
// OpenPGP signatures, checked by gpg with the user's keyring. Hosted.

#include "trust/signature_check.hpp"

namespace docteur {

// The finding's `object` stays empty. A key of the keyring is trusted as git trusts it: unless it expired, was revoked
// or is marked never to be trusted, or its validity is below signers::least_trust. No key is fetched.
[[nodiscard]] outcome<signature_finding> check_openpgp(const signed_object& what, const signers& trusted,
                                                       const progress& watch);

// The same from what gpg wrote: `status`, lines of --status-fd (gpg's doc/DETAILS).
[[nodiscard]] signature_finding read_gpg_status(std::string_view status, int exit_status, key_trust least);

}  // namespace docteur
