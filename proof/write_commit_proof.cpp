#include "proof/write_commit_proof.hpp"

#include <array>

#include "layout/tag_section.hpp"
#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "proof/commit_proof.hpp"
#include "proof/proof_format.hpp"

namespace docteur {
namespace {

// Room for the ids of a commit's tags.
using tag_ids = std::array<std::byte, kTagSectionHeader + std::size_t{kMostTags} * kMaxIdSize>;

// The ids of the tags that lead to `commit`, the outermost first: of the first version of it that has any, or of the
// tag section of an image without versions.
result<bytes> find_tags(const image& of, const version_list& versions, const oid& commit, tag_ids& room) noexcept {
  for (std::uint32_t i = 0; i < versions.size(); ++i)
    if (const version v = versions[i]; v.commit == commit && !v.tags.empty()) return v.tags;
  const section* const where = of.sections() ? of.sections()->find(section_type::tags) : nullptr;
  if (!versions.empty() || where == nullptr || commit != of.commit_id()) return bytes{};
  if (where->length < kTagSectionHeader || where->length > room.size())
    return fail(errc::malformed, where->offset, "length of the tag section");
  const mutable_bytes all = mutable_bytes(room).first(where->length);
  DOCTEUR_CHECK(read_exactly(of.disk(), where->offset, all));
  DOCTEUR_CHECK(decode_tag_section_head(all.first(kTagSectionHeader), where->length, where->offset, of.kind()));
  return bytes{all}.subspan(kTagSectionHeader);
}

// Adds the object with its size in front, straight from the reader. The view is valid until more is added.
result<bytes> add_object(object_reader& from, const oid& id, object_type type, proof_output& out) noexcept {
  DOCTEUR_TRY(position, from.index().find(id));
  if (!position) return fail(errc::malformed, 0, "an object on the way is not in the image");
  const std::uint64_t offset = from.index().offset(*position);
  const std::uint64_t at = from.device_offset(offset);
  DOCTEUR_TRY(size, from.size(offset, type));
  if (size > kMostProof) return fail(errc::too_large, at, "the proof would be over its limit");
  DOCTEUR_CHECK(out.add_number(size));
  DOCTEUR_TRY(content, out.extend(size));
  DOCTEUR_TRY(found, from.read(offset, content));
  if (found != type) return fail(errc::wrong_kind, at, "an object on the way is of another type");
  if (object_id(id.kind(), type, content) != id) return fail(errc::bad_checksum, at, "content does not match its id");
  return bytes{content};
}

}  // namespace

result<owned_array<std::byte>> write_commit_proof(image_reader& from, const version_list& versions, const oid& commit,
                                                  std::string_view path) noexcept {
  const hash_kind kind = commit.kind();
  object_reader& objects = from.objects();
  if (path.size() > kMostProofPath) return fail(errc::not_found, 0, "no such path");
  tag_ids room;
  DOCTEUR_TRY(tags, find_tags(from.image(), versions, commit, room));
  proof_output out(objects.allocator());
  DOCTEUR_CHECK(out.add_head({proof_form::commit, kind}));
  DOCTEUR_CHECK(out.add_sized(as_bytes(path)));
  DOCTEUR_CHECK(out.add_number(tags.size() / id_size(kind)));
  for (std::size_t at = 0; at < tags.size(); at += id_size(kind))
    DOCTEUR_CHECK(add_object(objects, oid::from(tags.data() + at, kind), object_type::tag, out));
  DOCTEUR_TRY(commit_content, add_object(objects, commit, object_type::commit, out));
  DOCTEUR_TRY(parsed, parse_commit(commit_content, kind));
  oid id = parsed.tree;
  entry_kind what = entry_kind::directory;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view name = take_name(rest);
    if (what == entry_kind::submodule)
      return fail(errc::not_found, 0, "the content of a submodule is not in the image");
    if (what != entry_kind::directory) return fail(errc::wrong_kind, 0, "a name on the way is no folder");
    DOCTEUR_TRY(tree, add_object(objects, id, object_type::tree, out));
    DOCTEUR_TRY(entry, find_in_tree(tree, kind, name, 0));
    id = entry.id;
    what = entry.kind;
  }
  return out.take();
}

}  // namespace docteur
