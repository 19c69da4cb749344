// docteur-make: an image from a repository or a folder.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "builder/build_image.hpp"
#include "builder/output_file.hpp"
#include "cli/common.hpp"
#include "cli/json.hpp"
#include "cli/previous_image.hpp"
#include "cli/progress_line.hpp"
#include "cli/signal_watch.hpp"
#include "cli/signatures.hpp"
#include "cli/survey_options.hpp"
#include "cli/version_options.hpp"
#include "host/image_digests.hpp"
#include "reader/limits.hpp"
#include "source/objects/source_memory.hpp"
#include "source/remote/fetch.hpp"
#include "source/remote/fetched_repository.hpp"
#include "source/selection/selection.hpp"
#include "trust/list_signing.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-make";
constexpr unsigned kLongestTimeout = 7 * 24 * 3600;  // seconds

// Every image made can be read with the default limits.
static_assert(kMaxSourcePath <= limits{}.path_bytes && kMaxTreeDepth <= limits{}.tree_depth &&
              kMaxPaths <= limits{}.paths);

struct make_options {
  std::string repository;
  std::string image;
  version_options versions;
  std::optional<std::string> date;
  std::optional<std::string> author;
  std::uint64_t block_size = kDefaultBlockSize;
  unsigned threads = 0;
  std::optional<std::string> object_format;
  std::string effort_word = "normal";
  std::string purpose_word = "balance";
  unsigned max_depth = pack_options{}.max_depth;
  std::uint64_t memory = pack_options{}.memory;
  std::optional<std::string> path;
  bool submodules = false;
  bool lfs = false;
  bool require_signature = false;
  std::optional<std::string> sign;
  std::optional<std::string> allowed_signers;
  bool quiet = false;
  bool verbose = false;
  std::string progress;
  bool json = false;
  unsigned timeout = 60;  // seconds
  survey_options survey;
  previous_options previous;
};

constexpr std::uint64_t kLeastMemory = 64u << 20;  // bytes
// An image made from another: how much more of its content its PACK takes, in percent, before it is told.
constexpr double kMostGrowth = 3;

void add_options(command_line& app, make_options& opt) {
  app.add_option(
         "repository", opt.repository,
         "a repository (https://, http://, ssh://, user@host:path, git://, file://, relativize://, a path) or a folder")
      .required();
  app.add_option("image", opt.image, "the image: a file or a block device").required();
  add_version_options(app, opt.versions);
  add_previous_options(app, opt.previous);
  app.add_option("--bs", opt.block_size, "block size of the image, a multiple of 512 (default: 4096)");
  app.add_option("-d,--date", opt.date, "date of a folder's commit, RFC 3339 (default: its newest file's)");
  app.add_option("--author", opt.author, "author of a folder's commit, 'NAME <MAIL>'");
  app.add_option("--object-format", opt.object_format, "hash of a folder's ids, sha1 or sha256 (default: sha1)");
  app.add_option("--threads", opt.threads, "threads (default: 0, one for each core)").in_range(0, 1024);
  app.add_option("--max-depth", opt.max_depth, "longest delta chain").in_range(0, 4095);
  app.add_option("--effort", opt.effort_word,
                 "how long to look for a small image: fast, normal or max (default: normal)");
  app.add_option("--optimize", opt.purpose_word, "what for: balance, size or serve (default: balance)");
  app.add_option("--memory", opt.memory, "approximate memory to use, with a unit: 512M, 2G (default: 1G)")
      .with_unit()
      .value_name("BYTES");
  app.add_option("--path", opt.path, "only this folder of the commit; it becomes the root");
  app.add_flag("--submodules", opt.submodules, "with the content of submodules, as folders");
  app.add_flag("--lfs", opt.lfs, "replace Git LFS pointers by their content, by git lfs");
  app.add_flag("--require-signature", opt.require_signature, "only with a good signature of commit or tag");
  app.add_option("--allowed-signers", opt.allowed_signers,
                 "who may sign with SSH keys (default: git's gpg.ssh.allowedSignersFile)");
  app.add_option("--sign", opt.sign, "sign a list of all files with this SSH key (a file), or gpg:KEY");
  add_survey_options(app, opt.survey);
  app.add_flag("-q,--quiet", opt.quiet, "print errors only");
  app.add_flag("-v,--verbose", opt.verbose, "print what is done");
  add_progress_option(app, opt.progress);
  app.add_flag("--json", opt.json, "print what was made as one JSON object").excludes(app.find("--stats"));
  app.add_option("--timeout", opt.timeout, "seconds to wait for a silent network; 0: no limit (default: 60)")
      .in_range(0, kLongestTimeout);
  app.add_version_flag(std::string(builder_version()));
}

template <class T>
struct word {
  std::string_view name;
  T meaning;
};

template <class T, std::size_t N>
outcome<T> meaning_of(std::string_view option, std::string_view text, const word<T> (&words)[N]) {
  std::string known;
  for (const word<T>& w : words) {
    if (w.name == text) return w.meaning;
    known += (known.empty() ? "" : ", ") + std::string(w.name);
  }
  return give_up(blame::usage, std::string(option) + ": " + printable(text) + " is not one of " + known);
}

outcome<pack_options> pack_options_of(const make_options& opt) {
  constexpr word<effort> kEfforts[] = {{"fast", effort::fast}, {"normal", effort::normal}, {"max", effort::max}};
  constexpr word<purpose> kPurposes[] = {
      {"balance", purpose::balance}, {"size", purpose::size}, {"serve", purpose::serve}};
  pack_options pack;
  DOCTEUR_TRY(chosen_effort, meaning_of("--effort", opt.effort_word, kEfforts));
  DOCTEUR_TRY(chosen_purpose, meaning_of("--optimize", opt.purpose_word, kPurposes));
  if (opt.memory < kLeastMemory) return give_up(blame::usage, "--memory: at least 64M");
  pack.effort = chosen_effort;
  pack.purpose = chosen_purpose;
  pack.memory = opt.memory;
  pack.threads = opt.threads;
  pack.max_depth = opt.max_depth;
  return pack;
}

outcome<source_options> source_options_of(const make_options& opt) {
  constexpr word<hash_kind> kKinds[] = {{name(hash_kind::sha1), hash_kind::sha1},
                                        {name(hash_kind::sha256), hash_kind::sha256}};
  source_options source;
  if (opt.object_format) {
    DOCTEUR_TRY(kind, meaning_of("--object-format", *opt.object_format, kKinds));
    source.kind = kind;
  }
  source.folder = opt.path.value_or("");
  source.threads = opt.threads;
  source.timeout = std::chrono::seconds(opt.timeout);
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
  return source;
}

// What of the options an image depends on that is made from an older one.
std::string options_text(const make_options& opt) {
  return "--effort " + opt.effort_word + " --optimize " + opt.purpose_word + " --max-depth " +
         std::to_string(opt.max_depth) + " --memory " + std::to_string(opt.memory) + " --bs " +
         std::to_string(opt.block_size) + (opt.previous.keep ? " --keep" : "") + (opt.sign ? " --sign" : "");
}

void print_notes(const source_notes& notes) {
  for (const std::string& path : notes.left_out) say(kProgram, "note: " + printable(path) + ": left out");
  for (const std::string& path : notes.submodules)
    say(kProgram, "note: " + printable(path) + ": a submodule, kept as an entry without content");
  for (const std::string& remark : notes.remarks) say(kProgram, "note: " + remark);
  if (notes.lfs_pointers == 1)
    say(kProgram, "note: a Git LFS pointer is kept as it is, without the content it stands for");
  if (notes.lfs_pointers > 1)
    say(kProgram, "note: " + std::to_string(notes.lfs_pointers) +
                      " Git LFS pointers are kept as they are, without the content they stand for");
}

outcome<selection> selection_of(const make_options& opt, const location& where) {
  if (opt.path && opt.path->empty()) return give_up(blame::usage, "--path: an empty name");
  return selection{opt.path.value_or(""), opt.submodules, opt.lfs,
                   opt.threads,           where.remote,   std::chrono::seconds(opt.timeout)};
}

// Checks the signatures of commit and tags, whose contents were compared with their ids when the source was opened.
outcome<void> check_signature(const commit_source& source, const make_options& opt, const progress& report) {
  if (!opt.require_signature) return {};
  std::vector<std::vector<std::byte>> contents;
  const auto objects = source.objects();
  for (std::size_t i = 0; i < objects.size() && (i == 0 || objects[i].type == object_type::tag); ++i)
    DOCTEUR_CHECK(source.read(i, contents.emplace_back()));
  std::vector<object_to_check> wanted;
  for (std::size_t i = 0; i < contents.size(); ++i)
    wanted.push_back({objects[i].id.kind(), objects[i].type, as_text(contents[i])});
  DOCTEUR_TRY(all, find_signers(wanted, opt.allowed_signers, report));
  if (const std::string lacks = what_lacks(all); !lacks.empty())
    return give_up(blame::input, "--require-signature: " + lacks);
  for (const signature_finding& f : all)
    if (opt.verbose && !opt.quiet)
      say(kProgram, f.object + (f.result == verdict::good ? " signed by " : ": ") + f.text);
  return {};
}

// Checks, selects and combines the versions that are asked for.
outcome<std::unique_ptr<commit_source>> open_selected(const location& where, const source_options& options,
                                                      const selection& selected, const make_options& opt,
                                                      const previous_image& previous, progress& report) {
  std::unique_ptr<fetched_repository> fetched;
  if (where.remote) {
    DOCTEUR_TRY(made, fetched_repository::create(*where.remote, options.timeout));
    fetched = std::move(made);
  }
  DOCTEUR_TRY(wanted, wanted_versions(opt.versions, where, fetched.get(), report));
  DOCTEUR_TRY(versions, open_versions(where, options, wanted.all, fetched.get(), report));
  for (named_source& v : versions) {
    DOCTEUR_CHECK(check_signature(*v.source, opt, report));
    DOCTEUR_TRY(part, select_from(std::move(v.source), selected, report));
    v.source = std::move(part);
  }
  if (!wanted.are_named && !opt.previous.keep) return std::move(versions.front().source);
  if (opt.previous.keep) DOCTEUR_CHECK(previous.add_versions(versions, report));
  DOCTEUR_CHECK(choose_default(versions, opt.versions));
  return combine_versions(std::move(versions));
}

// Compares the image with the one that its first ancestor was made anew as: content compresses as well as it did then,
// about, so that what is worse comes from the steps.
void tell_growth(const older_image& older, const image_statistics& made) {
  const double then = static_cast<double>(older.first_pack) / static_cast<double>(older.first_content);
  const double now = static_cast<double>(made.pack_size) / static_cast<double>(made.pack.content_bytes);
  if (const double growth = 100 * (now / then - 1); growth > kMostGrowth)
    say(kProgram, "note: in " + std::to_string(older.steps + 1) + " steps the PACK has become " +
                      std::to_string(static_cast<int>(growth)) +
                      " % larger for its content; without --from it may be smaller");
}

void print_all(const make_options& opt, const commit_source& source, const image_statistics& made,
               const std::optional<older_image>& older) {
  print_notes(source.notes());
  if (const std::uint64_t fetched = source.notes().fetched_bytes; opt.verbose && fetched > 0)
    say(kProgram, "fetched a PACK of " + std::to_string(fetched) + " bytes");
  if (opt.verbose) {
    say(kProgram, "content " + std::to_string(made.pack.content_bytes) + " bytes, PACK " +
                      std::to_string(made.pack_size) + " bytes, " + std::to_string(made.pack.delta_entries) +
                      " deltas (longest chain " + std::to_string(made.pack.deepest) + "), " +
                      std::to_string(made.pack.stored_entries) + " objects stored uncompressed");
  }
  if (made.pack.kept_entries > 0)
    say(kProgram, std::to_string(made.pack.kept_entries) + " of " + std::to_string(made.objects) + " entries and " +
                      std::to_string(made.pack.kept_bytes) + " of " + std::to_string(made.pack_size) +
                      " bytes of PACK as they lie in " + printable(opt.previous.from));
  if (older) tell_growth(*older, made);
  say(kProgram, printable(opt.image) + ": commit " + hex_text(made.commit) + ", " + std::to_string(made.objects) +
                    " objects, " + std::to_string(made.size) + " bytes, digest " + digest_text(made.digest));
}

std::string decimal(double value) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

// One JSON object for programs: bytes in and out, seconds, the image's digest.
outcome<void> print_summary(const commit_source& source, const image_statistics& made, const output_file& image,
                            const progress_line& line) {
  const auto digest = image.sha256();
  json_object seconds;
  double total = 0;
  for (auto [phase, time] : line.times()) {
    std::ranges::replace(phase, ' ', '_');
    seconds.add_raw(phase, decimal(time.count()));
    total += time.count();
  }
  seconds.add_raw("total", decimal(total));
  json_object o;
  o.add("commit", hex_text(made.commit)).add("root", hex_text(source.root().id)).add("objects", made.objects);
  o.add("fetched_bytes", source.notes().fetched_bytes).add("content_bytes", made.pack.content_bytes);
  o.add("pack_bytes", made.pack_size).add("image_bytes", made.size);
  o.add_raw("ratio", decimal(static_cast<double>(made.size) / static_cast<double>(made.pack.content_bytes)));
  o.add_raw("seconds", seconds.text());
  // A device may be write-only.
  o.add("digest", digest_text(made.digest));
  o.add_raw("sha256", digest ? json_string(*digest) : "null");
  bool pipe_closed = false;
  return write_out(as_bytes(o.text() + "\n"), pipe_closed);
}

// Signs with the key of --sign.
outcome<list_signer> signer_of(const make_options& opt, const progress& report) {
  if (!opt.sign) return list_signer();
  if (opt.sign->empty()) return give_up(blame::usage, "--sign: an empty name");
  DOCTEUR_TRY(programs, read_signers());
  return list_signer([key = *opt.sign, programs = std::move(programs),
                      &report](std::string_view statement) -> outcome<list_signature> {
    DOCTEUR_TRY(made, sign_text(key, statement, std::string(kListNamespace), programs, report));
    const auto kind = made.format == signature_format::ssh ? list_signature_kind::ssh : list_signature_kind::openpgp;
    return list_signature{kind, std::move(made.raw)};
  });
}

outcome<void> make(const make_options& opt) {
  DOCTEUR_TRY(where, parse_location(opt.repository));
  if (where.remote) DOCTEUR_CHECK(prepare_to_fetch());  // before there are threads
  const signal_watch signals;
  DOCTEUR_CHECK(check_allowed_signers(opt.allowed_signers, opt.require_signature, "--require-signature"));
  DOCTEUR_TRY(source_opt, source_options_of(opt));
  DOCTEUR_TRY(selected, selection_of(opt, where));
  DOCTEUR_TRY(pack, pack_options_of(opt));
  source_memory::shared().set_bound(std::min(pack.memory / 4, source_memory::kDefault));
  DOCTEUR_CHECK(check_block_size(opt.block_size));
  DOCTEUR_CHECK(check_image_name(opt.image));
  DOCTEUR_CHECK(check_survey_options(opt.survey, opt.image));
  DOCTEUR_TRY(style, progress_style_of(opt.progress, opt.quiet));
  progress_line line(style, kProgram);
  DOCTEUR_TRY(out, output_file::create(opt.image));
  source_opt.excluded = out->not_content();
  DOCTEUR_TRY(previous, previous_image::open(opt.previous, *out, opt.threads, line));
  DOCTEUR_TRY(source, open_selected(where, source_opt, selected, opt, previous, line));
  image_options image;
  image.block_size = static_cast<std::uint32_t>(opt.block_size);
  image.pack = pack;
  image.pack.spool_directory = out->spool_directory();
  DOCTEUR_TRY(sign, signer_of(opt, line));
  image.sign = std::move(sign);
  DOCTEUR_TRY(kept, previous.use(*source, options_text(opt), image));
  DOCTEUR_TRY(made, write_image(*source, *out, image, line));
  line.clear();
  // Before publish(), so that there is no new image if this cannot be printed.
  if (opt.json) DOCTEUR_CHECK(print_summary(*source, made, *out, line));
  if (line.cancelled()) return give_up(blame::environment, "interrupted");
  DOCTEUR_CHECK(out->publish());
  if (!opt.quiet) print_all(opt, *source, made, image.older);
  return show_survey(opt.survey, opt.image);
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Makes a read-only disk image of one Git commit or of a folder.",
                                 docteur::cli::kProgram);
  docteur::cli::make_options options;
  docteur::cli::add_options(app, options);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::make(options); });
}
