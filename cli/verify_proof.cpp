#include "cli/verify_proof.hpp"

#include <vector>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/hashed_file.hpp"
#include "cli/json.hpp"
#include "cli/signatures.hpp"
#include "cli/version_text.hpp"
#include "cli/whole_file.hpp"
#include "host/describe.hpp"
#include "host/image_digests.hpp"
#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "proof/commit_proof.hpp"
#include "proof/list_proof.hpp"
#include "proof/proof_format.hpp"

namespace docteur::cli {
namespace {

// What a person calls the object of an entry.
const char* object_word(entry_kind what) {
  switch (what) {
    case entry_kind::directory: return "tree";
    case entry_kind::submodule: return "submodule";
    default: return "blob";
  }
}

std::string octal(std::uint32_t mode) {
  std::string text;
  for (; mode > 0; mode /= 8) text.insert(text.begin(), static_cast<char>('0' + mode % 8));
  return text;
}

// Compares what was found with what was demanded.
outcome<void> check_demands(const proof_options& opt, std::string_view path, const oid& commit,
                            const std::string& subject) {
  if (opt.path && *opt.path != path)
    return give_up(blame::input, subject + ": a proof of " + printable(path) + ", not of " + printable(*opt.path));
  if (!opt.commit) return {};
  const auto wanted = parse_hex(*opt.commit, commit.kind());
  if (!wanted || *wanted != commit)
    return give_up(blame::input, subject + ": a proof for commit " + hex_text(commit) + ", not for " + *opt.commit);
  return {};
}

outcome<void> check_file(const proof_options& opt, const proven_entry& e, const std::string& subject) {
  if (!opt.file) return {};
  if (e.what == entry_kind::directory || e.what == entry_kind::submodule)
    return give_up(blame::input, subject + ": " + printable(e.path) + " is a " +
                                     (e.what == entry_kind::directory ? "folder" : "submodule") +
                                     ", which no file can be compared with");
  DOCTEUR_TRY(id, hash_file(*opt.file, e.what == entry_kind::symlink,
                            [&e](std::uint64_t size) { return object_hash(e.kind, object_type::blob, size); }));
  if (id == e.id) return {};
  return give_up(blame::input, printable(*opt.file) + ": is blob " + hex_text(id) + ", not " + hex_text(e.id) + " as " +
                                   printable(e.path) + " in commit " + hex_text(e.commit));
}

outcome<findings> check_signature(const proof_options& opt, const proven_entry& e, const std::string& subject,
                                  const progress& report) {
  if (!opt.signature) return {};
  std::vector<object_to_check> objects{{e.kind, object_type::commit, as_text(e.commit_content)}};
  for (std::uint32_t i = 0; i < e.tags; ++i) objects.push_back({e.kind, object_type::tag, as_text(e.tag_contents[i])});
  DOCTEUR_TRY(all, find_signers(objects, opt.allowed_signers, report));
  if (const std::string lacks = what_lacks(all); !lacks.empty()) return give_up(blame::input, subject + ": " + lacks);
  return all;
}

std::string text_of(const proof_options& opt, const proven_entry& e, const commit_view& c, const findings& signatures) {
  std::string text = "commit\t: " + hex_text(e.commit) + "\n";
  text += "author\t: \"" + printable_line(c.author.name) + "\" <" + printable_line(c.author.mail) + ">\n";
  text += signed_text(signatures);
  text += "path\t: " + (e.path.empty() ? "/" : printable(e.path)) + "\n";
  text += "mode\t: " + octal(e.mode) + "\n";
  text += std::string(object_word(e.what)) + "\t: " + hex_text(e.id) + "\n";
  if (opt.file) text += "file\t: " + printable(*opt.file) + " is it\n";
  return text;
}

std::string json_of(const proof_options& opt, const proven_entry& e, const findings& signatures) {
  json_object o;
  o.add("ok", true).add("form", "commit").add("commit", hex_text(e.commit)).add_bytes("path", e.path);
  o.add("mode", octal(e.mode)).add(object_word(e.what), hex_text(e.id)).add("file_compared", opt.file.has_value());
  if (!signatures.empty()) o.add_raw("signatures", json_array(signatures, json_of_signature));
  return o.text() + "\n";
}

outcome<void> verify_commit_form(const proof_options& opt, bytes proof, const std::string& subject,
                                 const progress& report) {
  const auto e = check_commit_proof(proof);
  if (!e) return tl::make_unexpected(describe(e.error(), subject));
  DOCTEUR_CHECK(check_demands(opt, e->path, e->commit, subject));
  DOCTEUR_CHECK(check_file(opt, *e, subject));
  DOCTEUR_TRY(signatures, check_signature(opt, *e, subject, report));
  if (opt.quiet) return {};
  const auto c = parse_commit(e->commit_content, e->kind);  // good: it was checked
  bool pipe_closed = false;
  return write_out(as_bytes(opt.json ? json_of(opt, *e, signatures) : text_of(opt, *e, *c, signatures)), pipe_closed);
}

// The SHA-256 of what is at the path: of the file, or as the proof has it.
outcome<oid> content_hash(const proof_options& opt, const list_proof& p, const std::string& subject) {
  if (!opt.file) {
    if (p.content) return *p.content;
    return give_up(blame::usage, subject + ": this proof needs the file, too: --file");
  }
  if (p.mode == canonical_mode(entry_kind::submodule))
    return give_up(blame::input,
                   subject + ": " + printable(p.path) + " is a submodule, which no file can be compared with");
  DOCTEUR_TRY(hash, hash_file(*opt.file, p.mode == canonical_mode(entry_kind::symlink),
                              [](std::uint64_t) { return hasher(hash_kind::sha256); }));
  if (!p.content || hash == *p.content) return hash;
  return give_up(blame::input, printable(*opt.file) + ": has SHA-256 " + hex_text(hash) + ", not " +
                                   hex_text(*p.content) + " as " + printable(p.path));
}

std::string list_text_of(const proof_options& opt, const list_proof& p, const list_statement& s, const oid& content,
                         const findings& signatures) {
  std::string text = "list\t: " + digest_text(s.root) + ", " + std::to_string(s.files) + " files\n";
  if (!signatures.empty()) text += "commit\t: " + hex_text(s.commit) + ", as the signer says\n";
  text += signed_text(signatures);
  text += "path\t: " + printable(p.path) + "\nmode\t: " + octal(p.mode) + "\nsha256\t: " + hex_text(content) + "\n";
  if (opt.file) text += "file\t: " + printable(*opt.file) + " is it\n";
  return text;
}

std::string list_json_of(const proof_options& opt, const list_proof& p, const list_statement& s, const oid& content,
                         const findings& signatures) {
  json_object o;
  o.add("ok", true).add("form", "list").add("root", digest_text(s.root)).add("files", s.files);
  if (!signatures.empty()) o.add("commit", hex_text(s.commit));
  o.add_bytes("path", p.path).add("mode", octal(p.mode));
  o.add("sha256", hex_text(content)).add("file_compared", opt.file.has_value());
  if (!signatures.empty()) o.add_raw("signatures", json_array(signatures, json_of_signature));
  return o.text() + "\n";
}

// A list proves nothing that a signer, or a root that is known, does not vouch for.
outcome<void> verify_list_form(const proof_options& opt, bytes proof, const std::string& subject,
                               const progress& report) {
  const auto p = read_list_proof(proof);
  if (!p) return tl::make_unexpected(describe(p.error(), subject));
  DOCTEUR_CHECK(check_demands(opt, p->path, p->statement.commit, subject));
  DOCTEUR_TRY(content, content_hash(opt, *p, subject));
  const list_statement s = proven_statement(*p, content);
  if (opt.root && *opt.root != digest_text(s.root))
    return give_up(blame::input,
                   subject + ": leads to the root " + digest_text(s.root) + ", not to " + printable(*opt.root));
  if (opt.commit && !opt.signature)
    return give_up(blame::usage, subject + ": only a signer vouches for the commit of this proof: --signature");
  if (!opt.root && !opt.signature)
    return give_up(blame::usage, subject + ": this proof needs --signature or --root: nothing else vouches for it");
  findings signatures;
  if (opt.signature) {
    DOCTEUR_TRY(found, find_list_signer(s, p->signature_kind, p->signature, opt.allowed_signers, report));
    signatures.push_back(std::move(found));
    if (const std::string lacks = what_lacks(signatures); !lacks.empty())
      return give_up(blame::input, subject + ": " + lacks);
  }
  if (opt.quiet) return {};
  bool pipe_closed = false;
  return write_out(as_bytes(opt.json ? list_json_of(opt, *p, s, content, signatures)
                                     : list_text_of(opt, *p, s, content, signatures)),
                   pipe_closed);
}

// --commit as it was given: an id of either kind.
outcome<void> check_commit_option(const proof_options& opt) {
  if (!opt.commit || parse_hex(*opt.commit, hash_kind::sha1) || parse_hex(*opt.commit, hash_kind::sha256)) return {};
  return give_up(blame::usage, "--commit: " + printable(*opt.commit) + " is not an id of 40 or 64 hexadecimal digits");
}

}  // namespace

void add_proof_options(command_line& app, proof_options& to) {
  app.add_option("--proof", to.proof, "check a proof of docteur-prove instead of an image");
  app.add_option("--file", to.file, "with --proof: the file whose content must be the proved one");
  app.add_option("--commit", to.commit, "with --proof: the id of the commit that it must lead to");
  app.add_option("--path", to.path, "with --proof: the path that it must be of");
  app.add_option("--root", to.root, "with a compact proof: the root of the list, sha256:HEX, that it must lead to");
}

outcome<void> verify_proof(const proof_options& opt, const progress& report) {
  DOCTEUR_CHECK(check_commit_option(opt));
  const std::string subject = printable(*opt.proof);
  DOCTEUR_TRY(proof, read_whole_file(*opt.proof, kMostProof));
  cursor front(as_bytes(proof));
  const auto head = take_proof_head(front);
  if (head && head->form == proof_form::list) return verify_list_form(opt, as_bytes(proof), subject, report);
  if (opt.root) return give_up(blame::usage, "--root: is for proofs by a list of files");
  return verify_commit_form(opt, as_bytes(proof), subject, report);
}

}  // namespace docteur::cli
