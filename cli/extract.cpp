// docteur-extract: an image as files, or as a Git repository.

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/json.hpp"
#include "cli/progress_line.hpp"
#include "cli/remote_options.hpp"
#include "cli/signal_watch.hpp"
#include "extract/git_repository.hpp"
#include "extract/target_folder.hpp"
#include "extract/tree_files.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-extract";

struct extract_options {
  std::string image;
  std::optional<std::string> digest;
  std::string version;
  std::string target;
  std::optional<std::string> path;
  std::optional<std::string> branch;
  bool git = false;
  bool bare = false;
  bool touch = false;
  unsigned threads = 0;
  bool quiet = false;
  bool json = false;
  std::string progress;
  reading_options remote;
};

void add_options(command_line& app, extract_options& opt) {
  app.add_option("image", opt.image, kImageHelp).required();
  app.add_option("target", opt.target, "the folder to write: a new one, or an empty one").required();
  app.add_option("--path", opt.path, "only this folder of the image; its content becomes the target's");
  app.add_flag("--git", opt.git, "a Git repository with its worktree, as git clone makes it");
  app.add_flag("--bare", opt.bare, "a bare Git repository");
  app.add_option("-b,--branch", opt.branch, "the repository's branch (default: none, HEAD is detached)");
  add_digest_option(app, opt.digest);
  add_version_option(app, opt.version);
  app.add_flag("--touch", opt.touch, "keep the time of writing on files (default: the commit's)");
  app.add_option("--threads", opt.threads, "threads (default: 0, one for each core)").in_range(0, 1024);
  app.add_flag("-q,--quiet", opt.quiet, "print errors only");
  add_progress_option(app, opt.progress);
  app.add_flag("--json", opt.json, "print what was written as one JSON object");
  add_reading_options(app, opt.remote);
  app.add_version_flag(DOCTEUR_VERSION);
}

outcome<void> check_options(const extract_options& opt) {
  const bool repository = opt.git || opt.bare;
  if (opt.git && opt.bare) return give_up(blame::usage, "--git and --bare exclude each other");
  if (repository && opt.path) return give_up(blame::usage, "--path: a repository holds the whole commit, not a part");
  if (opt.branch && !repository) return give_up(blame::usage, "--branch: needs --git or --bare");
  return opt.branch ? check_branch_name(*opt.branch) : outcome<void>{};
}

std::string counted(const tree_files_count& n) {
  return std::to_string(n.files) + " files, " + std::to_string(n.folders) + " folders, " +
         std::to_string(n.content_bytes) + " bytes";
}

void print_summary_line(const extract_options& opt, const snapshot& from, const tree_files_count& written,
                        const std::string& target) {
  if (written.submodules > 0)
    say(kProgram, "note: " + std::to_string(written.submodules) +
                      " submodules, which are empty folders: an image has no "
                      "content of them");
  say(kProgram,
      target + ": commit " + hex_text(from.commit_id()) + (opt.bare ? ", a bare repository" : ", " + counted(written)));
}

// One JSON object for programs. A bare repository has no files.
outcome<void> print_summary(const extract_options& opt, const snapshot& from, const tree_files_count& written) {
  json_object o;
  o.add("commit", hex_text(from.commit_id())).add_bytes("target", opt.target);
  o.add("repository", opt.git || opt.bare);
  if (!opt.bare) {
    o.add("files", written.files).add("folders", written.folders).add("submodules", written.submodules);
    o.add("content_bytes", written.content_bytes);
  }
  bool pipe_closed = false;
  return write_out(as_bytes(o.text() + "\n"), pipe_closed);
}

outcome<void> extract_from(opened_image& image, const extract_options& opt) {
  const snapshot& snapshot = image.snapshot();
  DOCTEUR_TRY(target, target_folder::create(opt.target));
  DOCTEUR_TRY(style, progress_style_of(opt.progress, opt.quiet));
  progress_line line(style, kProgram);
  if (opt.git || opt.bare)
    DOCTEUR_CHECK(write_git_repository(snapshot, target->staging(), {opt.bare, opt.branch.value_or(""), opt.threads},
                                       image.shown(), target->shown(), line));
  tree_files_count written;
  std::optional<timespec> modified;
  if (!opt.bare) {
    tree_files_options writing;
    if (!opt.touch) modified = timespec{static_cast<time_t>(snapshot.commit().committer.seconds), 0};
    writing.modified = modified;
    if (opt.path) writing.path = *opt.path;
    writing.threads = opt.threads;
    DOCTEUR_TRY(count, write_tree_files(snapshot, target->staging(), writing, image.shown(), target->shown(), line));
    written = count;
  }
  line.clear();
  // Before publish(), so that nothing is published if this cannot be printed.
  if (opt.json) DOCTEUR_CHECK(print_summary(opt, snapshot, written));
  if (line.cancelled()) return give_up(blame::environment, "interrupted");
  DOCTEUR_CHECK(target->publish(modified));
  if (!opt.quiet) print_summary_line(opt, snapshot, written, target->shown());
  return {};
}

outcome<void> extract(const extract_options& opt) {
  const signal_watch signals;
  DOCTEUR_CHECK(check_options(opt));
  // Names come from trees: what is written is what the commit's id proves.
  DOCTEUR_TRY(session,
              image_session::open(opt.image, opt.remote, opt.digest,
                                  {.source = paths_from::trees, .version = opt.version, .is_read_whole = !opt.path}));
  return session->end(extract_from(session->image(), opt));
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Writes the content of an image as files, or as a Git repository.",
                                 docteur::cli::kProgram);
  docteur::cli::extract_options options;
  docteur::cli::add_options(app, options);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::extract(options); });
}
