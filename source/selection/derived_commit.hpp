#pragma once
// The commit of an image whose tree is not the tree of the commit that was asked for: it says so in its message, and
// quotes that commit. Hosted.
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
//       the N bytes, each line behind four spaces
//
// Author, committer, their dates and the encoding are those of the quoted commit, the first of each where it has more;
// where it has none the other one, and "unknown <> 0 +0000" where it has neither. There is no parent. So the same
// commit and the same changes give the same id.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

// The content of the commit. `original`: a commit's content; `changes`: printable, one line each, at least one.
[[nodiscard]] outcome<std::string> make_derived_commit(const oid& tree, const oid& id, std::string_view original,
                                                       std::span<const std::string> changes);

struct derivation {
  oid original;                      // the id of the quoted commit
  std::string content;               // of the quoted commit; its id is `original`
  std::vector<std::string> changes;  // as they were written, not printable
};

// What the message of a commit made so tells; nullopt for any other message, also for one whose quotation is not what
// the id says.
[[nodiscard]] std::optional<derivation> find_derivation(std::string_view message);

}  // namespace docteur
