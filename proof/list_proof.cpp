#include "proof/list_proof.hpp"

#include "layout/list_section.hpp"
#include "proof/proof_format.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kMostFiles = 0xffffffff;
constexpr std::uint64_t kMostDate = std::uint64_t{1} << 40;

bool is_known_mode(std::uint64_t mode) noexcept {
  for (const entry_kind k : {entry_kind::file, entry_kind::executable, entry_kind::symlink, entry_kind::submodule})
    if (canonical_mode(k) == mode) return true;
  return false;
}

result<done> take_signature(cursor& from, list_proof& out) noexcept {
  const std::uint64_t at = from.at();
  DOCTEUR_TRY(kind, from.take(1));
  out.signature_kind = list_signature_kind{std::to_integer<std::uint8_t>(kind[0])};
  if (out.signature_kind == list_signature_kind::none) return done{};
  if (out.signature_kind != list_signature_kind::ssh && out.signature_kind != list_signature_kind::openpgp)
    return fail(errc::malformed, at, "unknown kind of signature");
  DOCTEUR_TRY(signature, take_proof_bytes(from, kMostSignature));
  if (signature.empty()) return fail(errc::malformed, at, "an empty signature");
  out.signature = signature;
  return done{};
}

}  // namespace

result<list_proof> read_list_proof(bytes proof) noexcept {
  cursor from(proof);
  DOCTEUR_TRY(head, take_proof_head(from));
  if (head.form != proof_form::list) return fail(errc::malformed, 5, "a proof of another form");
  list_proof out{};
  out.kind = head.kind;
  DOCTEUR_TRY(path, take_proof_bytes(from, kMostProofPath));
  if (path.empty()) return fail(errc::malformed, kProofHead, "an empty path");
  out.path = as_text(path);
  const std::uint64_t mode_at = from.at();
  DOCTEUR_TRY(mode, take_proof_number(from, 0777777));
  if (!is_known_mode(mode)) return fail(errc::malformed, mode_at, "unknown mode");
  out.mode = static_cast<std::uint32_t>(mode);
  const std::uint64_t content_at = from.at();
  DOCTEUR_TRY(content, take_proof_bytes(from, kListHash));
  if (!content.empty() && content.size() != kListHash) return fail(errc::malformed, content_at, "length of a SHA-256");
  if (!content.empty()) out.content = oid::from(content.data(), hash_kind::sha256);
  const std::uint64_t index_at = from.at();
  DOCTEUR_TRY(index, take_proof_number(from, kMostFiles));
  DOCTEUR_TRY(files, take_proof_number(from, kMostFiles));
  if (index >= files) return fail(errc::malformed, index_at, "index of the leaf");
  out.index = index;
  out.statement.files = files;
  DOCTEUR_TRY(date, take_proof_number(from, kMostDate));
  out.statement.date = date;
  DOCTEUR_TRY(commit, from.take(id_size(out.kind)));
  out.statement.commit = oid::from(commit.data(), out.kind);
  DOCTEUR_TRY(siblings, from.take(std::uint64_t{count_siblings(index, files)} * kListHash));
  out.siblings = siblings;
  DOCTEUR_CHECK(take_signature(from, out));
  if (!from.empty()) return fail(errc::malformed, from.at(), "bytes behind the proof");
  return out;
}

list_statement proven_statement(const list_proof& p, const oid& content) noexcept {
  list_statement s = p.statement;
  s.root = list_root(list_leaf(p.path, p.mode, content), p.index, s.files, p.siblings);
  return s;
}

}  // namespace docteur
