#pragma once
// Images made by hand for the tests of verification.

#include <string>

#include "support/hand_image.hpp"
#include "support/verified.hpp"

namespace docteur {

inline const std::string kHello = "hello, world\n";

// A commit, a root tree, a subtree, two blobs of which one is a delta.
struct sample {
  hand_pack pack;
  oid commit, root, below, hello, bye;

  sample() {
    hello = object_id(hash_kind::sha1, object_type::blob, as_bytes(kHello));
    bye = object_id(hash_kind::sha1, object_type::blob, as_bytes("bye\n"));
    const std::string below_text = tree_text().add("100755", "bye", bye).text();
    below = object_id(hash_kind::sha1, object_type::tree, as_bytes(below_text));
    const std::string root_text =
        tree_text().add("100644", "hello", hello).add("120000", "link", bye).add("40000", "sub", below).text();
    root = object_id(hash_kind::sha1, object_type::tree, as_bytes(root_text));
    commit = pack.add(object_type::commit, commit_text(root));
    pack.add(object_type::tree, root_text);
    pack.add(object_type::tree, below_text);
    pack.add(object_type::blob, kHello);
    pack.add_ofs(object_type::blob, 3, kHello.size(), "bye\n");
  }
  [[nodiscard]] byte_vector image(const hand_options& how = {}) const { return hand_image(commit, pack, how); }
  [[nodiscard]] std::uint64_t idx_size() const { return docteur::idx_size(pack.entries(), hash_kind::sha1); }
};

// An image of one tree; `pack` holds the blobs already.
inline byte_vector image_of_tree(hand_pack& pack, const std::string& tree, const hand_options& how = {}) {
  const oid root = pack.add(object_type::tree, tree);
  const oid commit = pack.add(object_type::commit, commit_text(root));
  return hand_image(commit, pack, how);
}

inline constexpr hand_options kNoTable{.table = false};

}  // namespace docteur
