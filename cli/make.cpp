// docteur-make: an image from a repository or a folder.

#include <sys/stat.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "builder/build_image.hpp"
#include "builder/output_file.hpp"
#include "cli/common.hpp"
#include "cli/survey_options.hpp"
#include "reader/limits.hpp"
#include "source/open_source.hpp"
#include "source/printable.hpp"

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
  effort how = pack_options{}.how;
  purpose what_for = pack_options{}.what_for;
  unsigned max_depth = pack_options{}.max_depth;
  std::uint64_t memory = pack_options{}.memory;
  bool quiet = false;
  bool verbose = false;
  bool progress = false;
  survey_options survey;
};

// The words of an option, as they are and no others.
template <class T>
CLI::Validator one_of(std::map<std::string, T> words) {
  return CLI::CheckedTransformer(std::move(words)).description("");
}

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
  app.add_option("--effort", opt.how, "how long to look for a small image: fast, normal or max (default: normal)")
      ->transform(one_of<effort>({{"fast", effort::fast}, {"normal", effort::normal}, {"max", effort::max}}));
  app.add_option("--optimize", opt.what_for, "what for: balance, size or serve (default: balance)")
      ->transform(one_of<purpose>({{"balance", purpose::balance}, {"size", purpose::size}, {"serve", purpose::serve}}));
  app.add_option("--memory", opt.memory, "bytes of memory to use, about (default: 1 GiB); K, M, G and so on are known")
      ->transform(CLI::AsSizeValue(false));
  add_survey_options(app, opt.survey);
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

void tell_what_was_made(const make_options& opt, const source_notes& notes, const image_statistics& made) {
  tell(notes);
  if (opt.verbose) {
    say(kProgram, "content " + std::to_string(made.pack.content_bytes) + " bytes, PACK " +
                      std::to_string(made.pack_size) + " bytes, " + std::to_string(made.pack.delta_entries) +
                      " deltas (longest chain " + std::to_string(made.pack.deepest) + "), " +
                      std::to_string(made.pack.stored_entries) + " objects stored uncompressed");
  }
  say(kProgram, printable(opt.image) + ": commit " + hex(made.commit) + ", " + std::to_string(made.objects) +
                    " objects, " + std::to_string(made.size) + " bytes");
}

outcome<void> make(const make_options& opt) {
  const signal_watch signals;
  DOCTEUR_TRY(where, parse_location(opt.repository));
  DOCTEUR_TRY(source_opt, source_options_of(opt));
  DOCTEUR_CHECK(check_block_size(opt.block_size));
  DOCTEUR_CHECK(check_survey_options(opt.survey, opt.image));

  progress_line line(shows_progress(opt.progress, opt.quiet));
  DOCTEUR_TRY(out, output_file::create(opt.image));
  DOCTEUR_TRY(source, open_source(where, source_opt, line));
  image_options image;
  image.block_size = static_cast<std::uint32_t>(opt.block_size);
  image.pack.threads = opt.threads;
  image.pack.how = opt.how;
  image.pack.what_for = opt.what_for;
  image.pack.max_depth = opt.max_depth;
  image.pack.memory = opt.memory;
  image.pack.spool_directory = out->spool_directory();
  DOCTEUR_TRY(made, build_image(*source, *out, image, line));
  line.clear();
  if (!opt.quiet) tell_what_was_made(opt, source->notes(), made);
  return show_survey(opt.survey, opt.image);
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  CLI::App app("Makes a read-only disk image of one Git commit or of a folder.", docteur::cli::kProgram);
  docteur::cli::make_options options;
  docteur::cli::add_options(app, options);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::make(options); });
}
