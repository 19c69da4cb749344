#include "verify/list_check.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "layout/list_section.hpp"
#include "object/sha256.hpp"
#include "verify/read_range.hpp"
#include "verify/tree_paths.hpp"

namespace docteur {
namespace {

oid content_of(const tree_paths::path& p, std::span<const oid> hashes) {
  return p.kind == entry_kind::submodule ? sha256_of(p.id.view()) : hashes[p.entry];
}

// All leaves, one after the other.
std::vector<std::byte> make_leaves(const list_facts& facts) {
  std::vector<std::byte> nodes;
  tree_paths paths(facts.ids, facts.trees, facts.head.tree);
  while (const auto p = paths.next()) {
    if (p->kind == entry_kind::directory) continue;
    const oid leaf = list_leaf(p->key, canonical_mode(p->kind), content_of(*p, facts.content_hashes));
    const bytes raw = leaf.view();
    nodes.insert(nodes.end(), raw.begin(), raw.end());
  }
  return nodes;
}

class list_comparison {
 public:
  list_comparison(const device& d, const section& where, findings& found) : device_(d), where_(where), found_(found) {}

  outcome<std::optional<verified_list>> run(const list_facts& facts) {
    std::array<std::byte, kListHead> raw{};
    if (where_.length < raw.size()) return fault(errc::malformed, 0, "length of the list section");
    DOCTEUR_CHECK(read_range(device_, where_.offset, raw));
    const auto head = decode_list_head(raw, where_.length, where_.offset);
    if (!head) {
      found_.add(head.error());
      return std::optional<verified_list>();
    }
    nodes_ = make_leaves(facts);
    if (nodes_.size() != std::size_t{head->files} * kListHash)
      return fault(errc::malformed, 0, "the list has another number of files than the commit");
    DOCTEUR_TRY(differs, compare_nodes(*head));
    if (differs) return fault(errc::bad_checksum, *differs, "the list of files is not that of the commit");
    if (std::memcmp(head->root.view().data(), nodes_.data(), kListHash) != 0)
      return fault(errc::bad_checksum, 24, "the root of the list of files");
    const std::int64_t date = std::max<std::int64_t>(facts.head.committer.seconds, 0);
    if (head->date != static_cast<std::uint64_t>(date))
      return fault(errc::malformed, 16, "the list has another date than the commit");
    verified_list list{{facts.commit, head->date, head->files, head->root},
                       list_signature_kind{head->signature_kind},
                       std::vector<std::byte>(head->signature_size)};
    DOCTEUR_CHECK(read_range(device_, where_.offset + head->signature_at(), list.signature));
    return std::optional(std::move(list));
  }

 private:
  outcome<std::optional<verified_list>> fault(errc code, std::uint64_t at, const char* what) {
    found_.add(code, where_.offset + at, what);
    return std::optional<verified_list>();
  }

  // Makes each level of the one below, down to the root. Returns where in the section a stored one differs.
  outcome<std::optional<std::uint64_t>> compare_nodes(const list_head& head) {
    std::uint64_t at = kListHead;
    for (std::uint64_t count = head.files;; at += count * kListHash, count = list_head::next_level(count)) {
      DOCTEUR_TRY(stored, read_range(device_, where_.offset + at, count * kListHash, buffer_));
      if (std::memcmp(stored.data(), nodes_.data(), stored.size()) != 0) return std::optional(at);
      (void)reduce_levels(nodes_, count);
      if (count <= kListFanOut) return std::optional<std::uint64_t>();
    }
  }

  device device_;
  const section& where_;
  findings& found_;
  std::vector<std::byte> nodes_;
  reused_bytes buffer_;
};

}  // namespace

outcome<std::optional<verified_list>> check_list(const device& d, const section& where, const list_facts& facts,
                                                 findings& found) {
  return list_comparison(d, where, found).run(facts);
}

}  // namespace docteur
