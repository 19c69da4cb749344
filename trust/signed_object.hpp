#pragma once
// Splits a commit or a tag into what is signed and the signature (`git help gitformat-signature`). Hosted.

#include <cstdint>
#include <optional>
#include <string>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

enum class signature_format { openpgp, ssh, x509, unknown };

struct signed_object {
  std::string payload;    // the object without its signature, as git passes it to the signing program
  std::string signature;  // ASCII armour
  signature_format format;
  std::int64_t when;          // seconds since 1970, of the committer or tagger, as the object gives it
  std::string space = "git";  // of an SSH signature: what it was made for (PROTOCOL.sshsig, "namespace")
};

// nullopt if the object has no signature. A commit's is the header "gpgsig", in a repository of SHA-256
// "gpgsig-sha256", with continuation lines; a tag's follows its message. The other of the two headers signs the same
// object under its id of the other kind, and is not part of the payload, as in git. Fails (blame::input) for an object
// with more than one signature: it is not clear which one would count.
[[nodiscard]] outcome<std::optional<signed_object>> split_signed_object(hash_kind kind, object_type type,
                                                                        std::string_view content);

}  // namespace docteur
