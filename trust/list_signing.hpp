#pragma once
// Signs and checks short texts with ssh-keygen and gpg. Hosted.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "trust/signature_check.hpp"

namespace docteur {

// A signature without armour, and over what.
struct detached_signature {
  signature_format format;  // openpgp or ssh
  std::vector<std::byte> raw;
};

// A key: the file of an SSH key, secret or public (then the agent has the secret one), or "gpg:" and a key of gpg's
// keyring.
// Signs `text`; by ssh-keygen under the namespace `space`. The programs are those of git's configuration. Fails with
// blame::environment if the program does not exist or does not sign, with blame::usage for an empty name.
[[nodiscard]] outcome<detached_signature> sign_text(const std::string& key, std::string_view text,
                                                    const std::string& space, const signers& programs,
                                                    const progress& report);

// Checks such a signature. `when`: seconds since 1970, at which a key of SSH must have been valid. The finding's
// `object` is `name`. Fails as check_signatures() does.
[[nodiscard]] outcome<signature_finding> check_text(std::string_view text, const detached_signature& by,
                                                    const std::string& space, std::int64_t when, std::string name,
                                                    const signers& trusted, const progress& report);

}  // namespace docteur
