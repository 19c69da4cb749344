#include "proof/write_list_proof.hpp"

#include <algorithm>
#include <array>

#include "layout/list_section.hpp"
#include "proof/list_proof.hpp"
#include "proof/proof_format.hpp"

namespace docteur {
namespace {

struct found_list {
  section where;
  list_head head;
};

result<found_list> find_list(const image& from) noexcept {
  const section* const where = from.sections() ? from.sections()->find(section_type::files) : nullptr;
  if (where == nullptr) return fail(errc::not_found, 0, "the image has no signed list of files");
  std::array<std::byte, kListHead> raw;
  if (where->length < raw.size()) return fail(errc::malformed, where->offset, "length of the list section");
  DOCTEUR_CHECK(read_exactly(from.disk(), where->offset, raw));
  DOCTEUR_TRY(head, decode_list_head(raw, where->length, where->offset));
  return found_list{*where, head};
}

// Adds the nodes beside the way from leaf `index` to the root, from the bottom up.
result<done> add_siblings(const image& from, const found_list& list, std::uint64_t index, proof_output& out) noexcept {
  std::uint64_t at = list.where.offset + kListHead;
  for (std::uint64_t count = list.head.files;; count = list_head::next_level(count)) {
    std::array<std::byte, kListFanOut * kListHash> group;
    const std::uint64_t begin = index / kListFanOut * kListFanOut;
    std::uint64_t nodes = std::min(kListFanOut, count - begin);
    DOCTEUR_CHECK(read_exactly(from.disk(), at + begin * kListHash, mutable_bytes{group}.first(nodes * kListHash)));
    std::uint64_t place = index - begin;
    for (unsigned level = 0; level < kListLevels; ++level, place >>= 1) {
      if ((place ^ 1) < nodes) DOCTEUR_CHECK(out.add(bytes{group}.subspan((place ^ 1) * kListHash, kListHash)));
      nodes = reduce_level(group, nodes);
    }
    if (count <= kListFanOut) return done{};
    at += count * kListHash;
    index /= kListFanOut;
  }
}

result<done> add_signature(const image& from, const found_list& list, proof_output& out) noexcept {
  const std::array<std::byte, 1> kind{static_cast<std::byte>(list.head.signature_kind)};
  DOCTEUR_CHECK(out.add(kind));
  DOCTEUR_CHECK(out.add_number(list.head.signature_size));
  DOCTEUR_TRY(room, out.extend(list.head.signature_size));
  return read_exactly(from.disk(), list.where.offset + list.head.signature_at(), room);
}

}  // namespace

result<owned_array<std::uint32_t>> list_leaves(const snapshot& of, const memory& from) noexcept {
  owned_array<std::uint32_t> leaves(from);
  DOCTEUR_TRY(all, of.list("", snapshot::depth::all));
  while (const auto e = all.next())
    if (e->node.kind != entry_kind::directory) DOCTEUR_CHECK(leaves.push_back(e->node.leaf));
  DOCTEUR_CHECK(leaves.shrink_to_fit());
  return leaves;
}

result<owned_array<std::byte>> write_list_proof(const image& from, const snapshot& of,
                                                std::span<const std::uint32_t> leaves, const node& n,
                                                std::string_view path, const std::optional<oid>& content,
                                                const memory& heap) noexcept {
  if (n.kind == entry_kind::directory) return fail(errc::wrong_kind, 0, "the list has files, but no folders");
  DOCTEUR_TRY(list, find_list(from));
  const auto* const leaf = std::lower_bound(leaves.data(), leaves.data() + leaves.size(), n.leaf);
  const auto index = static_cast<std::uint64_t>(leaf - leaves.data());
  if (leaves.size() != list.head.files || index == leaves.size() || *leaf != n.leaf)
    return fail(errc::malformed, list.where.offset, "the list of files is not that of the image's commit");
  proof_output out(heap);
  DOCTEUR_CHECK(out.add_head({proof_form::list, from.kind()}));
  DOCTEUR_CHECK(out.add_sized(as_bytes(path)));
  DOCTEUR_CHECK(out.add_number(canonical_mode(n.kind)));
  DOCTEUR_CHECK(out.add_sized(content ? content->view() : bytes{}));
  DOCTEUR_CHECK(out.add_number(index));
  DOCTEUR_CHECK(out.add_number(list.head.files));
  DOCTEUR_CHECK(out.add_number(list.head.date));
  DOCTEUR_CHECK(out.add(of.commit_id().view()));
  DOCTEUR_CHECK(add_siblings(from, list, index, out));
  DOCTEUR_CHECK(add_signature(from, list, out));
  owned_array<std::byte> proof = out.take();
  DOCTEUR_TRY(read, read_list_proof(proof.span()));
  if (content && proven_statement(read, *content).root != list.head.root)
    return fail(errc::bad_checksum, list.where.offset, "the list of files has other content at this path");
  return proof;
}

}  // namespace docteur
