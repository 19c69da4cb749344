// docteur-prove: a proof that a file is in the commit of an image.

#include <unistd.h>

#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/remote_options.hpp"
#include "cli/whole_file.hpp"
#include "host/checked_blob.hpp"
#include "host/describe.hpp"
#include "host/heap.hpp"
#include "object/sha256.hpp"
#include "proof/write_commit_proof.hpp"
#include "proof/write_list_proof.hpp"
#include "reader/version_list.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-prove";

struct prove_options {
  std::string image;
  std::string path;
  std::optional<std::string> digest;
  std::string version;
  bool compact = false;
  std::optional<std::string> output;  // given and empty is a mistake
  reading_options remote;
};

// Without the slashes that may stand at either end and more than once between names.
std::string plain_path(std::string_view path) {
  std::string plain;
  for (const char c : path)
    if (c != '/' || (!plain.empty() && plain.back() != '/')) plain += c;
  if (plain.ends_with('/')) plain.pop_back();
  return plain;
}

outcome<void> print(bytes proof, const std::optional<std::string>& output) {
  if (output) return write_whole_file(*output, as_text(proof));
  bool pipe_closed = false;
  return write_out(proof, pipe_closed);
}

using proof_bytes = outcome<owned_array<std::byte>>;

proof_bytes prove_commit(opened_image& image, const version_list& versions, const std::string& path) {
  auto proof = write_commit_proof(image.reader(), versions, image.snapshot().commit_id(), path);
  if (!proof) return tl::make_unexpected(about(image, proof.error(), path));
  return std::move(*proof);
}

// The SHA-256 of what the list has as content at the node.
outcome<oid> hash_content(opened_image& image, const node& n, const std::string& path) {
  if (n.kind == entry_kind::submodule) return sha256_of(image.snapshot().submodules()[n.position].view());
  sha256 hash;
  DOCTEUR_CHECK(checked_blob().read(image.reader(), n, subject(image, path), [&hash](bytes piece) -> outcome<void> {
    hash.update(piece);
    return {};
  }));
  return hash.finish();
}

proof_bytes prove_by_list(opened_image& image, const std::string& path) {
  const auto failed = [&](const error& e) { return tl::make_unexpected(about(image, e, path)); };
  if (image.snapshot().commit_id() != image.image().commit_id())
    return failed({errc::not_found, 0, "the list has the files of the image's first version only"});
  const auto n = image.snapshot().find(path);
  if (!n) return failed({errc::not_found, 0, "no such path"});
  if (n->kind == entry_kind::directory) return failed({errc::wrong_kind, 0, "the list has files, but no folders"});
  const auto leaves = list_leaves(image.snapshot(), heap_memory());
  if (!leaves) return failed(leaves.error());
  DOCTEUR_TRY(content, hash_content(image, *n, path));
  auto proof = write_list_proof(image.image(), image.snapshot(), leaves->span(), *n, path, content, heap_memory());
  if (!proof) return failed(proof.error());
  return std::move(*proof);
}

outcome<void> prove(const prove_options& opt) {
  if (opt.output) DOCTEUR_CHECK(check_whole_file(*opt.output));
  if (!opt.output && ::isatty(STDOUT_FILENO) == 1)
    return give_up(blame::usage, "a proof is not written to a terminal: use -o FILE or > FILE");
  DOCTEUR_TRY(session, image_session::open(opt.image, opt.remote, opt.digest, {.version = opt.version}));
  opened_image& image = session->image();
  const auto versions = version_list::load(image.image());
  if (!versions) return session->end(outcome<void>(tl::make_unexpected(describe(versions.error(), image.shown()))));
  const std::string path = plain_path(opt.path);
  const auto proof = opt.compact ? prove_by_list(image, path) : prove_commit(image, *versions, path);
  if (!proof) return session->end(outcome<void>(tl::make_unexpected(proof.error())));
  return session->end(print(proof->span(), opt.output));
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Writes a proof that a path has this content in the commit of an image.",
                                 docteur::cli::kProgram);
  docteur::cli::prove_options options;
  app.add_option("image", options.image, docteur::cli::kImageHelp).required();
  app.add_option("path", options.path, "a file, a symbolic link or a folder in the image").required();
  app.add_option("-o,--output", options.output, "the file for the proof (default: standard output, no terminal)");
  app.add_flag("--compact", options.compact, "by the signed list of files, if the image has one (docteur-make --sign)");
  docteur::cli::add_digest_option(app, options.digest);
  docteur::cli::add_version_option(app, options.version);
  docteur::cli::add_reading_options(app, options.remote);
  app.add_version_flag(DOCTEUR_VERSION);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::prove(options); });
}
