// docteur-diff: an update pack, which makes one image from another.

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/atomic_file.hpp"
#include "base/printable.hpp"
#include "base/temporary_folder.hpp"
#include "cli/common.hpp"
#include "cli/json.hpp"
#include "cli/progress_line.hpp"
#include "cli/signal_watch.hpp"
#include "cli/whole_file.hpp"
#include "host/describe.hpp"
#include "host/file_device.hpp"
#include "host/image_digests.hpp"
#include "update/packs/pack_diff.hpp"
#include "update/packs/pack_name.hpp"
#include "update/packs/pack_streams.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-diff";

struct diff_options {
  std::string from;
  std::string to;
  std::string pack;
  std::optional<std::string> name;
  bool no_check = false;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  std::string progress;
};

void add_options(command_line& app, diff_options& opt) {
  app.add_option("old", opt.from, "the image to start from: a file or a block device").required();
  app.add_option("new", opt.to, "the image that docteur-patch will make of it").required();
  app.add_option(
         "pack", opt.pack,
         "the update pack to write; - writes it to standard output; in a folder its name follows from the images")
      .required();
  app.add_option("--name", opt.name, "in a folder: the image's name on the server (default: that of `new`)");
  app.add_flag("--no-check", opt.no_check, "do not apply the pack before it gets its name");
  app.add_flag("-q,--quiet", opt.quiet, "print nothing but errors");
  app.add_flag("-v,--verbose", opt.verbose, "print how the entries of the new image travel");
  add_progress_option(app, opt.progress);
  app.add_flag("--json", opt.json, "print what was written as one JSON object");
  app.add_version_flag(DOCTEUR_VERSION);
}

// A block device may be longer than its image, which its digest section then bounds.
named_image named(const file_device& file, const std::string& path) {
  named_image image{file.view(), printable(path)};
  std::error_code ignored;
  if (!std::filesystem::is_block_file(path, ignored)) return image;
  if (const auto digests = image_digests::load(image.disk)) image.disk.size = digests->view().head().image_size;
  return image;
}

outcome<oid> digest_of_image(const named_image& image) {
  const auto digests = image_digests::load(image.disk);
  if (!digests) return tl::make_unexpected(describe(digests.error(), image.shown));
  return digests->digest();
}

// The file to write: in a folder, the name under which docteur-fetch asks for it.
outcome<std::string> pack_path(const diff_options& opt, const named_image& from, const named_image& to) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(opt.pack, ignored)) {
    if (opt.name) return give_up(blame::usage, printable(opt.pack) + ": not a folder, as --name needs");
    return opt.pack;
  }
  const std::string name = opt.name.value_or(std::filesystem::path(opt.to).filename().string());
  if (name.empty() || name.find('/') != std::string::npos)
    return give_up(blame::usage, "--name: expected the name of a file, without its folder");
  DOCTEUR_TRY(old_digest, digest_of_image(from));
  DOCTEUR_TRY(new_digest, digest_of_image(to));
  return (std::filesystem::path(opt.pack) / (name + update_pack_suffix(old_digest, new_digest))).string();
}

void print_statistics(const update_statistics& n, const std::string& pack) {
  const auto part = [](std::uint64_t entries, std::uint64_t bytes) {
    return std::to_string(entries) + " entries (" + std::to_string(bytes) + " bytes) ";
  };
  say(kProgram, pack + ": " + part(n.copied, n.copied_bytes) + "are copied, " + part(n.rebuilt, n.rebuilt_bytes) +
                    "are made anew, " + part(n.raw, n.raw_bytes) + "travel as they are");
}

outcome<void> print_json(const update_statistics& n, bool is_checked, const std::string& path, std::uint64_t size,
                         std::uint64_t image_size) {
  json_object o;
  o.add_bytes("file", path).add("pack_bytes", size).add("image_bytes", image_size);
  o.add("copied_entries", n.copied).add("copied_bytes", n.copied_bytes);
  o.add("rebuilt_entries", n.rebuilt).add("rebuilt_bytes", n.rebuilt_bytes);
  o.add("raw_entries", n.raw).add("raw_bytes", n.raw_bytes).add("checked", is_checked);
  bool pipe_closed = false;
  return write_out(as_bytes(o.text() + "\n"), pipe_closed);
}

// What was written, from its first byte.
outcome<descriptor_stream> read_back(int fd, const std::string& shown) {
  if (::lseek(fd, 0, SEEK_SET) != 0) return give_up(blame::environment, shown + ": cannot be read back");
  return descriptor_stream(fd, shown);
}

// Where the pack is while it is made: under a name that it gets when it is complete, or for standard output without
// one.
class pack_output {
 public:
  static outcome<pack_output> create(const std::string& path, bool to_stdout) {
    pack_output out;
    if (!to_stdout) {
      DOCTEUR_CHECK(check_whole_file(path));
      DOCTEUR_TRY(named, atomic_file::create(path));
      out.named_.emplace(std::move(named));
      return out;
    }
    if (::isatty(STDOUT_FILENO) == 1) return give_up(blame::usage, "an update pack is not written to a terminal");
    DOCTEUR_TRY(folder, temporary_folder());
    out.unnamed_ = open_unnamed(folder);
    if (!out.unnamed_) return give_up(blame::environment, printable(folder.string()) + ": " + std::strerror(errno));
    return out;
  }
  [[nodiscard]] int fd() const noexcept { return named_ ? named_->get() : unnamed_.get(); }
  outcome<void> publish() {
    if (named_) return named_->publish();
    DOCTEUR_TRY(written, read_back(unnamed_.get(), "the pack"));
    std::array<std::byte, 64 << 10> buffer;
    for (bool pipe_closed = false; !pipe_closed;) {
      DOCTEUR_TRY(n, written.read(buffer));
      if (n == 0) break;
      DOCTEUR_CHECK(write_out(bytes(buffer).first(n), pipe_closed));
    }
    return {};
  }

 private:
  pack_output() = default;
  std::optional<atomic_file> named_;
  unique_fd unnamed_;
};

outcome<void> diff(const diff_options& opt) {
  const signal_watch signals;
  DOCTEUR_TRY(style, progress_style_of(opt.progress, opt.quiet));
  progress_line line(style, kProgram);
  DOCTEUR_TRY(old_file, file_device::open(opt.from));
  DOCTEUR_TRY(new_file, file_device::open(opt.to));
  const named_image from = named(old_file, opt.from), to = named(new_file, opt.to);
  DOCTEUR_TRY(path, pack_path(opt, from, to));
  const bool to_stdout = opt.pack == "-";
  if (to_stdout && opt.json) return give_up(blame::usage, "--json and the pack cannot both go to standard output");
  DOCTEUR_TRY(file, pack_output::create(path, to_stdout));
  const std::string shown = to_stdout ? "stdout" : printable(path);
  descriptor_sink sink(file.fd(), shown);
  DOCTEUR_TRY(made, make_update(from, to, sink, line));
  if (!opt.no_check) {
    DOCTEUR_TRY(written, read_back(file.fd(), shown));
    DOCTEUR_CHECK(check_update(from, to, written, line));
  }
  line.clear();
  if (line.cancelled()) return give_up(blame::environment, "interrupted");
  // Before publish(), so that nothing is published if this cannot be printed.
  if (opt.json) DOCTEUR_CHECK(print_json(made, !opt.no_check, path, sink.size(), to.disk.size));
  DOCTEUR_CHECK(file.publish());
  if (opt.quiet) return {};
  say(kProgram, shown + ": " + std::to_string(sink.size()) + " bytes for an image of " + std::to_string(to.disk.size));
  if (opt.verbose) print_statistics(made, shown);
  return {};
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Writes an update pack: what changed from one image to another.",
                                 docteur::cli::kProgram);
  docteur::cli::diff_options options;
  docteur::cli::add_options(app, options);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::diff(options); });
}
