#pragma once
// What of a commit or a tag is signed, and the signature in it (`git help gitformat-signature`). Hosted.

#include <cstdint>
#include <optional>
#include <string>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

enum class signature_format { openpgp, ssh, x509, unknown };

struct signed_object {
  std::string payload;    // the object without its signature, as git gives it to be signed
  std::string signature;  // ASCII armour
  signature_format format;
  std::int64_t when;  // seconds since 1970: of the committer or tagger, as the object has it
};

// nullopt when the object has no signature. A commit's is the header "gpgsig", in a repository of SHA-256
// "gpgsig-sha256", with continuation lines; a tag's is what follows its message. The other of the two headers, which
// signs the same object under its id of the other kind, is not part of the payload, as in git. Fails (blame::input) for an object with more than one signature: which one counts would be a
// guess.
[[nodiscard]] outcome<std::optional<signed_object>> split_signed_object(hash_kind kind, object_type type,
                                                                        std::string_view content);

}  // namespace docteur
