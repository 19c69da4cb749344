#pragma once
// SSH signatures, checked by ssh-keygen with the user's file of allowed signers. Hosted.

#include "trust/signature_check.hpp"

namespace docteur {

// The finding's `object` stays empty. As in git, a key counts for the principals that the file lists for it and the
// signature's namespace, if it was valid at the object's date. Without a file of allowed signers no key is trusted.
[[nodiscard]] outcome<signature_finding> check_ssh(const signed_object& what, const signers& trusted,
                                                   const progress& report);

}  // namespace docteur
