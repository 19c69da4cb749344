#include "proof/commit_proof.hpp"

#include <optional>

#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "proof/proof_format.hpp"

namespace docteur {
namespace {

// Each tag names the next, the last one the commit.
result<done> take_tags(cursor& from, proven_entry& out, std::optional<tag_view>& last) noexcept {
  DOCTEUR_TRY(count, take_proof_number(from, kMostTags));
  out.tags = static_cast<std::uint32_t>(count);
  for (std::uint32_t i = 0; i < out.tags; ++i) {
    const std::uint64_t at = from.at();
    DOCTEUR_TRY(content, take_proof_bytes(from, kMostProof));
    out.tag_contents[i] = content;
    out.tag_ids[i] = object_id(out.kind, object_type::tag, content);
    if (last && (last->type != object_type::tag || last->target != out.tag_ids[i]))
      return fail(errc::bad_checksum, at, "a tag that the one before does not name");
    DOCTEUR_TRY(tag, parse_tag(content, out.kind, at));
    last = tag;
  }
  return done{};
}

// The number of names in a path; nullopt for one with an empty name.
std::optional<std::uint32_t> count_names(std::string_view path) noexcept {
  if (path.empty()) return 0;
  std::uint32_t names = 1;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '/') continue;
    if (i == 0 || i + 1 == path.size() || path[i + 1] == '/') return std::nullopt;
    ++names;
  }
  return names;
}

// Follows the path through the trees. `out`: is the root folder, becomes the entry.
result<done> take_trees(cursor& from, std::uint32_t names, proven_entry& out) noexcept {
  std::string_view rest = out.path;
  for (std::uint32_t i = 0; i < names; ++i) {
    const std::string_view name = take_name(rest);
    if (out.what != entry_kind::directory) return fail(errc::wrong_kind, from.at(), "a name on the way is no folder");
    const std::uint64_t at = from.at();
    DOCTEUR_TRY(tree, take_proof_bytes(from, kMostProof));
    if (object_id(out.kind, object_type::tree, tree) != out.id)
      return fail(errc::bad_checksum, at, "a tree does not match its id");
    DOCTEUR_TRY(entry, find_in_tree(tree, out.kind, name, at));
    out.what = entry.kind;
    out.mode = entry.mode;
    out.id = entry.id;
  }
  return done{};
}

}  // namespace

std::string_view take_name(std::string_view& path) noexcept {
  const std::size_t slash = path.find('/');
  const std::string_view name = first(path, slash < path.size() ? slash : path.size());
  path = drop(path, name.size() < path.size() ? name.size() + 1 : path.size());
  return name;
}

result<tree_entry> find_in_tree(bytes tree, hash_kind kind, std::string_view name, std::uint64_t at) noexcept {
  std::optional<tree_entry> found;
  for (tree_reader entries(tree, kind, at); !entries.done();) {
    DOCTEUR_TRY(e, entries.next());
    if (e.name == name) found = e;  // the only one: tree_reader refuses names that occur twice
  }
  if (!found) return fail(errc::not_found, at, "no such path");
  return *found;
}

result<proven_entry> check_commit_proof(bytes proof) noexcept {
  if (proof.size() > kMostProof) return fail(errc::too_large, 0, "the proof is over its limit");
  cursor from(proof);
  DOCTEUR_TRY(head, take_proof_head(from));
  if (head.form != proof_form::commit) return fail(errc::malformed, 5, "a proof of another form");
  proven_entry out{};
  out.kind = head.kind;
  const std::uint64_t path_at = from.at();
  DOCTEUR_TRY(path, take_proof_bytes(from, kMostProofPath));
  out.path = as_text(path);
  const auto names = count_names(out.path);
  if (!names) return fail(errc::malformed, path_at, "an empty name in the path");
  if (*names > kMostProofDepth) return fail(errc::too_large, path_at, "more names in the path than the limit");

  std::optional<tag_view> tag;
  DOCTEUR_CHECK(take_tags(from, out, tag));
  const std::uint64_t commit_at = from.at();
  DOCTEUR_TRY(commit, take_proof_bytes(from, kMostProof));
  out.commit_content = commit;
  out.commit = object_id(out.kind, object_type::commit, commit);
  if (tag && (tag->type != object_type::commit || tag->target != out.commit))
    return fail(errc::bad_checksum, commit_at, "a commit that the tag does not name");
  DOCTEUR_TRY(parsed, parse_commit(commit, out.kind, commit_at));
  out.what = entry_kind::directory;
  out.mode = canonical_mode(entry_kind::directory);
  out.id = parsed.tree;
  DOCTEUR_CHECK(take_trees(from, *names, out));
  if (!from.empty()) return fail(errc::malformed, from.at(), "bytes behind the proof");
  return out;
}

}  // namespace docteur
