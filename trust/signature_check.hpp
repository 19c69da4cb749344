#pragma once
// Checks the signatures of commits and tags with gpg and ssh-keygen. Hosted.

#include <span>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "trust/signed_object.hpp"
#include "trust/signers.hpp"

namespace docteur {

enum class verdict {
  good,       // made with a trusted key
  untrusted,  // by a key that is not trusted, or that is expired or revoked
  bad,        // not made over this content, or not a signature that the program understands
  absent,
};

struct signature_finding {
  std::string object;  // "commit", "tag v1"; printable
  verdict result;
  std::string text;  // good: the signer and the key; otherwise the reason; printable
};

struct object_to_check {
  hash_kind kind;  // of its repository
  object_type type;
  std::string_view content;
};

// Returns one finding for each object, in order. Fails if a program does not exist (blame::environment), cannot do its
// work, or `report` is cancelled.
[[nodiscard]] outcome<std::vector<signature_finding>> check_signatures(std::span<const object_to_check> objects,
                                                                       const signers& trusted, const progress& report);

// An image needs at least one good signature and no bad one. Returns a sentence about what is missing, or an empty one.
[[nodiscard]] std::string what_lacks(std::span<const signature_finding> findings);

}  // namespace docteur
