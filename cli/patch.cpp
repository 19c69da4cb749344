// docteur-patch: makes the next image from an image and an update pack.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/beneath.hpp"
#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "base/unique_fd.hpp"
#include "builder/output_file.hpp"
#include "cli/common.hpp"
#include "cli/json.hpp"
#include "cli/progress_line.hpp"
#include "cli/signal_watch.hpp"
#include "host/file_device.hpp"
#include "update/packs/image_target.hpp"
#include "update/packs/pack_patch.hpp"
#include "update/packs/pack_streams.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-patch";

struct patch_options {
  std::string from;
  std::string pack;
  std::string to;
  bool quiet = false;
  bool json = false;
  std::string progress;
};

void add_options(command_line& app, patch_options& opt) {
  app.add_option("old", opt.from, "the image that the pack is for: a file or a block device").required();
  app.add_option("pack", opt.pack, "the update pack; - is the standard input").required();
  app.add_option("new", opt.to, "the file to write, which may be the old image, or another block device").required();
  app.add_flag("-q,--quiet", opt.quiet, "print nothing but errors");
  add_progress_option(app, opt.progress);
  app.add_flag("--json", opt.json, "print what was made as one JSON object");
  app.add_version_flag(DOCTEUR_VERSION);
}

// A file is replaced when all is done, but a device would be overwritten while it is read.
outcome<void> check_names(const patch_options& opt) {
  struct stat from {
  }, to{};
  if (::stat(opt.to.c_str(), &to) != 0 || ::stat(opt.from.c_str(), &from) != 0) return {};
  const bool same =
      S_ISBLK(from.st_mode) && S_ISBLK(to.st_mode) ? from.st_rdev == to.st_rdev : identity_of(from) == identity_of(to);
  if (same && !S_ISREG(to.st_mode))
    return give_up(blame::usage, printable(opt.to) + ": a device cannot be updated in place; write to another one");
  return {};
}

outcome<unique_fd> open_pack(const std::string& path) {
  if (path == "-") return unique_fd(::dup(STDIN_FILENO));
  unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return give_up(blame::environment, printable(path) + ": " + std::strerror(errno));
  return file;
}

// A fault of the pack, or of nobody else, as one line that names the pack.
template <class T>
outcome<T> naming(outcome<T> result, const std::string& shown) {
  if (!result && result.error().who == blame::input) result.error().message = shown + ": " + result.error().message;
  return result;
}

outcome<void> print(const patch_options& opt, const update_header& header) {
  if (opt.json) {
    json_object o;
    o.add_bytes("file", opt.to).add("image_bytes", header.new_size).add("sha256", hex_text(header.new_sha256));
    bool pipe_closed = false;
    return write_out(as_bytes(o.text() + "\n"), pipe_closed);
  }
  return {};
}

outcome<void> patch(const patch_options& opt) {
  const signal_watch signals;
  DOCTEUR_TRY(style, progress_style_of(opt.progress, opt.quiet));
  progress_line line(style, kProgram);
  DOCTEUR_CHECK(check_image_name(opt.to));
  DOCTEUR_CHECK(check_names(opt));
  DOCTEUR_TRY(file, file_device::open(opt.from));
  DOCTEUR_TRY(pack, open_pack(opt.pack));
  const std::string shown = opt.pack == "-" ? "stdin" : printable(opt.pack);
  descriptor_stream stream(pack.get(), shown);
  DOCTEUR_TRY(header, naming(read_update_header(stream), shown));
  DOCTEUR_TRY(old_image, check_old_image(file.view(), header, printable(opt.from), line));
  DOCTEUR_TRY(out, output_file::create(opt.to));
  image_target target(*out, header.new_size);
  DOCTEUR_CHECK(naming(apply_update(old_image, header, stream, target, line), shown));
  if (out->sha256() != hex_text(header.new_sha256))
    return give_up(blame::input, shown + ": the update pack is damaged: it makes another image than it names");
  line.clear();
  if (line.cancelled()) return give_up(blame::environment, "interrupted");
  // Before publish(), so that nothing is published if this cannot be printed.
  DOCTEUR_CHECK(print(opt, header));
  DOCTEUR_CHECK(out->publish());
  if (!opt.quiet) say(kProgram, printable(opt.to) + ": " + std::to_string(header.new_size) + " bytes, verified");
  return {};
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Makes the next image from an image and an update pack.", docteur::cli::kProgram);
  docteur::cli::patch_options options;
  docteur::cli::add_options(app, options);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::patch(options); });
}
