// Property: an accepted proof of the commit form leads to the entry by ids that are the hashes of what it holds, and
// encoding its parts gives the same bytes. An accepted proof of the list form has a statement that changes with the
// content, and encoding its parts gives the same bytes.
#include <algorithm>
#include <string>

#include "fuzz/property.hpp"
#include "layout/number.hpp"
#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "proof/commit_proof.hpp"
#include "proof/list_proof.hpp"
#include "support/proof_parts.hpp"

namespace {

using namespace docteur;

void check_commit_form(bytes in) {
  const auto e = check_commit_proof(in);
  if (!e) return;
  const proof_parts p = proof_parts::of(in);
  PROPERTY(p.text() == as_text(in));
  PROPERTY(e->path == p.path && e->tags == p.tags.size());
  PROPERTY(e->commit == object_id(e->kind, object_type::commit, as_bytes(p.commit)));
  PROPERTY(p.trees.size() == (p.path.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(p.path, '/'))));
  oid id = parse_commit(as_bytes(p.commit), e->kind)->tree;
  std::string rest = p.path;
  for (const std::string& tree : p.trees) {
    PROPERTY(id == object_id(e->kind, object_type::tree, as_bytes(tree)));
    const std::string name = rest.substr(0, rest.find('/'));
    rest.erase(0, std::min(rest.size(), name.size() + 1));
    id = find_in_tree(as_bytes(tree), e->kind, name, 0)->id;
  }
  PROPERTY(id == e->id && rest.empty());
}

void check_list_form(bytes in) {
  const auto p = read_list_proof(in);
  if (!p) return;
  std::string again(as_text(in.first(kProofHead)));
  const auto add = [&again](bytes raw) {
    put_number(again, raw.size());
    again += as_text(raw);
  };
  add(as_bytes(p->path));
  put_number(again, p->mode);
  add(p->content ? p->content->view() : bytes{});
  for (const std::uint64_t n : {p->index, p->statement.files, p->statement.date}) put_number(again, n);
  again += as_text(p->statement.commit.view());
  again += as_text(p->siblings);
  again += static_cast<char>(p->signature_kind);
  if (p->signature_kind != list_signature_kind::none) add(p->signature);
  PROPERTY(again == as_text(in));
  const oid content = p->content.value_or(oid(hash_kind::sha256));
  oid other = content;
  other.view()[0] ^= std::byte{1};
  const list_statement one = proven_statement(*p, content), two = proven_statement(*p, other);
  PROPERTY(one.root != two.root && one.files == two.files);
  const statement_text text(one);
  PROPERTY(text.view().size() <= 256 && text.view().ends_with('\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_commit_form(fuzz_input(data, size));
  check_list_form(fuzz_input(data, size));
  return 0;
}
