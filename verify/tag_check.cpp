#include "verify/tag_check.hpp"

#include <algorithm>
#include <array>

#include "layout/tag_section.hpp"
#include "object/commit.hpp"
#include "verify/read_range.hpp"

namespace docteur {

outcome<std::vector<oid>> load_tags(const device& d, const section& where, hash_kind kind, findings& found) {
  std::vector<oid> ids;
  if (where.length < kTagSectionHeader) {
    found.add(errc::malformed, where.offset, "length of the tag section");
    return ids;
  }
  std::array<std::byte, kTagSectionHeader> head;
  DOCTEUR_CHECK(read_range(d, where.offset, head));
  const auto count = decode_tag_section_head(head, where.length, where.offset, kind);
  if (!count) {
    found.add(count.error());
    return ids;
  }
  for (std::uint32_t i = 0; i < *count; ++i) {
    oid id(kind);
    const std::uint64_t at = where.offset + kTagSectionHeader + i * id_size(kind);
    DOCTEUR_CHECK(read_range(d, at, id.view()));
    // A tag cannot lead to itself, so a valid chain has no tag twice.
    if (std::ranges::find(ids, id) == ids.end()) {
      ids.push_back(id);
    } else {
      found.add(errc::malformed, at, object_text("tag", id) + " is listed twice");
    }
  }
  return ids;
}

void check_tags(const std::vector<tag_object>& tags, const oid& commit, std::uint64_t at, const char* whose,
                findings& found) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto tag = parse_tag(as_bytes(tags[i].content), commit.kind());
    if (!tag) continue;
    const bool last = i + 1 == tags.size();
    if (tag->target == (last ? commit : tags[i + 1].id) && tag->type == (last ? object_type::commit : object_type::tag))
      continue;
    found.add(errc::malformed, at + i * id_size(commit.kind()),
              object_text("tag", tags[i].id) + " does not lead to " +
                  (last ? std::string(whose) + " commit" : "the next tag"));
  }
}

}  // namespace docteur
