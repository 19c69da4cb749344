#pragma once
// An image made by hand that has an entry section.

#include <string>
#include <vector>

#include "builder/entry_section_writer.hpp"
#include "support/hand_image.hpp"

namespace docteur {

// A commit, a tree, a blob and a delta of it; and what the entry section lists.
struct listed_sample : hand_pack {
  oid commit;
  std::vector<entry_outline> outlines;
  explicit listed_sample(bool with_ref = false) {
    const std::string base(300, 'x');
    const std::string other = base + "y";
    const oid one = object_id(hash_kind::sha1, object_type::blob, as_bytes(base));
    const oid two = object_id(hash_kind::sha1, object_type::blob, as_bytes(other));
    const std::string root_text = tree_text().add("100644", "a", one).add("100644", "b", two).text();
    const std::string text = commit_text(object_id(hash_kind::sha1, object_type::tree, as_bytes(root_text)));
    commit = add(object_type::commit, text);
    add(object_type::tree, root_text);
    add(object_type::blob, base);
    if (with_ref) {
      add_ref(object_type::blob, one, base.size(), other);
    } else {
      add_ofs(object_type::blob, 2, base.size(), other);
    }
    const std::string delta = literal_delta(base.size(), other);
    outlines = {{text.size(), 0, entry_type::commit},
                {root_text.size(), 0, entry_type::tree},
                {base.size(), 0, entry_type::blob},
                {delta.size(), 1, entry_type::ofs_delta}};
  }
  [[nodiscard]] byte_vector image(const byte_vector& section) const {
    return hand_image(commit, *this, {.entries = section});
  }
  [[nodiscard]] byte_vector image(const std::vector<entry_outline>& listed) const {
    return image(make_entry_section(listed));
  }
};

}  // namespace docteur
