#pragma once
// Who signed a commit or a tag: asked of gpg and ssh-keygen. Hosted.

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
  bad,        // not made over this content, or no signature at all that the program understands
  absent,
};

struct signature_finding {
  std::string object;  // "commit", "tag v1"; printable
  verdict result;
  std::string text;  // good: who signed and with which key; else why not; printable
};

struct object_to_check {
  hash_kind kind;  // of its repository
  object_type type;
  std::string_view content;
};

// One finding for each object, in their order. Fails when a program is not there (blame::environment), cannot do its
// work, or when `watch` is cancelled.
[[nodiscard]] outcome<std::vector<signature_finding>> check_signatures(std::span<const object_to_check> objects,
                                                                       const signers& trusted, const progress& watch);

// What is demanded of all signatures of an image: at least one is good, none is bad. The sentence that says what
// lacks; empty when nothing does.
[[nodiscard]] std::string what_lacks(std::span<const signature_finding> findings);

}  // namespace docteur
