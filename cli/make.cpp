// docteur-make: an image from a repository or a folder.

#include <sys/stat.h>

#include <cstdlib>
#include <optional>

#include "builder/build_image.hpp"
#include "builder/output_file.hpp"
#include "cli/common.hpp"
#include "cli/signatures.hpp"
#include "reader/limits.hpp"
#include "source/open_source.hpp"
#include "source/printable.hpp"
#include "source/selection.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-make";

// What is made can be read with the limits that are on by default.
static_assert(kMaxSourcePath <= limits{}.path_bytes && kMaxTreeDepth <= limits{}.tree_depth &&
              kMaxPaths <= limits{}.paths);

struct make_options {
  std::string repository;
  std::string image;
  std::optional<std::string> branch;  // given and empty is a mistake, e.g. an unset variable of a script
  std::optional<std::string> date;
  std::optional<std::string> author;
  std::uint64_t block_size = kLeastBlockSize;
  unsigned threads = 0;
  unsigned max_depth = pack_options{}.max_depth;
  std::optional<std::string> path;
  bool submodules = false;
  bool lfs = false;
  bool require_signature = false;
  std::optional<std::string> allowed_signers;
  bool quiet = false;
  bool verbose = false;
  bool progress = false;
};

void add_options(CLI::App& app, make_options& opt) {
  app.add_option("repository", opt.repository, "a repository or a plain folder: a path, file:// or relativize://")
      ->required();
  app.add_option("image", opt.image, "the image: a file or a block device")->required();
  app.add_option("-b,--branch", opt.branch, "branch, tag, refs/..., commit id or HEAD (default: HEAD)");
  app.add_option("--bs", opt.block_size, "block size of the image, a multiple of 512 (default: 512)");
  app.add_option("-d,--date", opt.date, "date of a folder's commit, RFC 3339 (default: its newest file's)");
  app.add_option("--author", opt.author, "author of a folder's commit, 'NAME <MAIL>'");
  app.add_option("--threads", opt.threads, "threads (default: 0, one for each core)")->check(CLI::Range(0u, 1024u));
  app.add_option("--max-depth", opt.max_depth, "longest delta chain")->check(CLI::Range(0u, 4095u));
  app.add_option("--path", opt.path, "only this folder of the commit; it becomes the root");
  app.add_flag("--submodules", opt.submodules, "with the content of submodules, as folders");
  app.add_flag("--lfs", opt.lfs, "the content of Git LFS pointers instead of them, by git lfs");
  app.add_flag("--require-signature", opt.require_signature, "only what has a good signature, of commit or tag");
  app.add_option("--allowed-signers", opt.allowed_signers,
                 "who may sign with SSH keys (default: git's gpg.ssh.allowedSignersFile)");
  app.add_flag("-q,--quiet", opt.quiet, "say nothing but errors");
  app.add_flag("-v,--verbose", opt.verbose, "say what is done");
  app.add_flag("--progress", opt.progress, "show progress even where stderr is no terminal");
  app.set_version_flag("--version", std::string(kProgram) + " " DOCTEUR_VERSION);
}

outcome<source_options> source_options_of(const make_options& opt) {
  source_options source;
  if (opt.branch) {
    if (opt.branch->empty()) return give_up(blame::usage, "--branch: an empty name");
    source.reference = *opt.branch;
  }
  source.threads = opt.threads;
  if (opt.author) {
    DOCTEUR_TRY(author, parse_identity(*opt.author));
    source.author = std::move(author);
  }
  if (opt.date) {
    DOCTEUR_TRY(date, parse_rfc3339(*opt.date));
    source.date = date;
  } else if (const char* const epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch != '\0') {
    DOCTEUR_TRY(date, parse_source_date_epoch(epoch));
    source.date_if_none = date;
  }
  struct stat st {};
  if (::stat(opt.image.c_str(), &st) == 0 && S_ISREG(st.st_mode)) source.excluded = stamp_of(st);
  return source;
}

void tell(const source_notes& notes) {
  for (const std::string& path : notes.left_out) say(kProgram, "note: " + printable(path) + ": left out");
  for (const std::string& path : notes.submodules)
    say(kProgram, "note: " + printable(path) + ": a submodule, kept as an entry without content");
  for (const std::string& remark : notes.remarks) say(kProgram, "note: " + remark);
  if (notes.lfs_pointers > 0)
    say(kProgram, "note: " + std::to_string(notes.lfs_pointers) +
                      " Git LFS pointers are kept as they are, without the content they stand for");
}

outcome<selection> selection_of(const make_options& opt) {
  if (opt.path && opt.path->empty()) return give_up(blame::usage, "--path: an empty name");
  return selection{opt.path.value_or(""), opt.submodules, opt.lfs, opt.threads};
}

// Of commit and tags, whose contents were compared with their ids when the source was opened.
outcome<void> check_signature(const commit_source& source, const make_options& opt, const progress& watch) {
  if (!opt.require_signature) return {};
  std::vector<std::vector<std::byte>> contents;
  const auto objects = source.objects();
  for (std::size_t i = 0; i < objects.size() && (i == 0 || objects[i].type == object_type::tag); ++i)
    DOCTEUR_CHECK(source.read(i, contents.emplace_back()));
  std::vector<object_to_check> wanted;
  for (std::size_t i = 0; i < contents.size(); ++i) wanted.push_back({objects[i].type, as_text(contents[i])});
  DOCTEUR_TRY(all, find_signers(wanted, opt.allowed_signers, watch));
  if (const std::string lacks = what_lacks(all); !lacks.empty())
    return give_up(blame::input, "--require-signature: " + lacks);
  for (const signature_finding& f : all)
    if (opt.verbose && !opt.quiet)
      say(kProgram, f.object + (f.result == verdict::good ? " signed by " : ": ") + f.text);
  return {};
}

outcome<void> make(const make_options& opt) {
  const signal_watch signals;
  DOCTEUR_CHECK(check_allowed_signers(opt.allowed_signers, opt.require_signature, "--require-signature"));
  DOCTEUR_TRY(where, parse_location(opt.repository));
  DOCTEUR_TRY(source_opt, source_options_of(opt));
  DOCTEUR_TRY(selected, selection_of(opt));
  DOCTEUR_CHECK(check_block_size(opt.block_size));

  progress_line line(shows_progress(opt.progress, opt.quiet));
  DOCTEUR_TRY(out, output_file::create(opt.image));
  DOCTEUR_TRY(whole, open_source(where, source_opt, line));
  DOCTEUR_CHECK(check_signature(*whole, opt, line));
  DOCTEUR_TRY(source, select_from(std::move(whole), selected, line));
  image_options image;
  image.block_size = static_cast<std::uint32_t>(opt.block_size);
  image.pack.threads = opt.threads;
  image.pack.max_depth = opt.max_depth;
  image.pack.spool_directory = out->spool_directory();
  DOCTEUR_TRY(made, build_image(*source, *out, image, line));
  line.clear();
  if (opt.quiet) return {};

  tell(source->notes());
  if (opt.verbose) {
    say(kProgram, "content " + std::to_string(made.pack.content_bytes) + " bytes, PACK " +
                      std::to_string(made.pack_size) + " bytes, " + std::to_string(made.pack.delta_entries) +
                      " deltas (longest chain " + std::to_string(made.pack.deepest) + "), " +
                      std::to_string(made.pack.stored_entries) + " objects stored uncompressed");
  }
  say(kProgram, printable(opt.image) + ": commit " + hex(made.commit) + ", " + std::to_string(made.objects) +
                    " objects, " + std::to_string(made.size) + " bytes");
  return {};
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  CLI::App app("Makes a read-only disk image of one Git commit or of a folder.", docteur::cli::kProgram);
  docteur::cli::make_options options;
  docteur::cli::add_options(app, options);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::make(options); });
}
