#pragma once
// A proof from a commit to one entry of its trees: checks one without the image. doc/PROOF.md, "Commit form".
// Guest-safe: views of the proof's bytes, no memory.
//
//   after the frame (proof/proof_format.hpp):
//   number, path        '/' between names; empty: the root folder
//   number              annotated tags, at most kMostTags
//   number, tag         each: the content of a tag object; it names the next one, the last one the commit
//   number, commit      the content of the commit object, with its signature as it lies there
//   number, tree        one for each name of the path, from the root on: the content of a tree object
//
// Nothing in it is believed but what follows from hashes: the id of the commit is the hash of its content, that of each
// tree is in the commit or in the tree before it, that of the entry is in the last tree.

#include <array>
#include <cstdint>
#include <string_view>

#include "layout/tag_section.hpp"
#include "object/bytes.hpp"
#include "object/oid.hpp"
#include "object/tree.hpp"

namespace docteur {

// One tree can be as large as an object that the reader builds whole; the proof as a whole is bounded by kMostProof.
struct proven_entry {
  hash_kind kind;
  std::string_view path;  // as in the proof; '/' between names, empty for the root folder
  oid commit;
  bytes commit_content;
  std::uint32_t tags = 0;
  std::array<bytes, kMostTags> tag_contents{};  // the first `tags` count; the outermost first
  std::array<oid, kMostTags> tag_ids{};
  entry_kind what;     // of the entry
  std::uint32_t mode;  // as in the tree
  oid id;              // of the blob, of the tree, or of a submodule's commit
};

// `proof`: all of it. Errors: those of the frame; bad_checksum for an object that does not have the id by which the one
// before names it; not_found if a tree has no such name, wrong_kind if a name on the way is no folder; those of
// parse_commit(), parse_tag() and tree_reader; malformed for bytes behind the last tree and for a proof of the other
// form.
[[nodiscard]] result<proven_entry> check_commit_proof(bytes proof) noexcept;

// Takes the first name, and the slash behind it, off a path that is not empty.
[[nodiscard]] std::string_view take_name(std::string_view& path) noexcept;

// The entry `name` of a tree, all of which is read. `at`: for messages. Errors: not_found, those of tree_reader.
[[nodiscard]] result<tree_entry> find_in_tree(bytes tree, hash_kind kind, std::string_view name,
                                              std::uint64_t at) noexcept;

}  // namespace docteur
