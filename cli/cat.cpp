// docteur-cat: prints files of an image.

#include <vector>

#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/remote_options.hpp"
#include "host/checked_blob.hpp"
#include "host/first_reads.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-cat";

struct cat_options {
  std::string image;
  std::optional<std::string> digest;
  std::string version;
  std::vector<std::string> paths;
  reading_options remote;
};

// If the content of a large file turns out not to match its id after it was printed, only the exit status can say so
// (host/checked_blob.hpp).
outcome<void> print(opened_image& from, const std::string& path, bool& pipe_closed) {
  const auto n = from.reader().resolve(from.snapshot(), path);
  if (!n) return tl::make_unexpected(about(from, n.error(), path));
  if (!n->is_blob()) {
    const char* const what = n->kind == entry_kind::submodule ? "a submodule" : "a directory";
    return tl::make_unexpected(about(from, {errc::wrong_kind, 0, what}, path));
  }
  prefetch_content(from.source(), from.image(), *n);
  return checked_blob().read(from.reader(), *n, subject(from, path), [&](bytes piece) -> outcome<void> {
    DOCTEUR_CHECK(write_out(piece, pipe_closed));
    if (pipe_closed) return give_up(blame::environment, "");  // cat() handles it
    return {};
  });
}

outcome<void> cat(const cat_options& opt) {
  DOCTEUR_TRY(session, image_session::open(opt.image, opt.remote, opt.digest, {.version = opt.version}));
  opened_image& image = session->image();
  outcome<void> all;
  bool pipe_closed = false;
  for (const std::string& path : opt.paths) {
    outcome<void> one = print(image, path, pipe_closed);
    if (pipe_closed) break;
    if (one) continue;
    if (!all) say(kProgram, all.error().message);
    const blame who = one.error().who;
    all = std::move(one);
    if (who == blame::environment) break;
  }
  return session->end(std::move(all));
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Prints files of an image, following symbolic links inside it.",
                                 docteur::cli::kProgram);
  docteur::cli::cat_options options;
  app.add_option("image", options.image, docteur::cli::kImageHelp).required();
  app.add_option("path", options.paths, "files in the image").required();
  docteur::cli::add_digest_option(app, options.digest);
  docteur::cli::add_version_option(app, options.version);
  docteur::cli::add_reading_options(app, options.remote);
  app.add_version_flag(DOCTEUR_VERSION);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::cat(options); });
}
