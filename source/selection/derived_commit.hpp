#pragma once
// The commit of an image whose tree differs from that of the commit asked for: its message says so and quotes that
// commit. Hosted.
//
//   docteur: made from commit ID
//
//   This commit was made by docteur-make and is signed by nobody. Its tree is not that of
//   the commit quoted below, but differs from it:
//
//   - CHANGE
//
//   The commit it was made from, N bytes:
//
// the N bytes, each line indented by four spaces
//
// Author, committer, their dates and the encoding are those of the quoted commit: the first of each if there are
// several, the other one if it is missing, and "unknown <> 0 +0000" if both are. There is no parent. So the same commit
// and the same changes give the same id.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

// Returns the content of the commit. `original`: a commit's content; `changes`: printable, one line each, at least one.
[[nodiscard]] outcome<std::string> make_derived_commit(const oid& tree, const oid& id, std::string_view original,
                                                       std::span<const std::string> changes);

struct derivation {
  oid original;                      // the id of the quoted commit
  std::string content;               // of the quoted commit; its id is `original`
  std::vector<std::string> changes;  // as written; may not be printable
};

// Parses the message of such a commit; nullopt for any other message, also if the quotation does not match the id.
[[nodiscard]] std::optional<derivation> find_derivation(std::string_view message);

}  // namespace docteur
