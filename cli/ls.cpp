// docteur-ls: lists a directory of an image.

#include <cstdio>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/json.hpp"
#include "cli/list_versions.hpp"
#include "cli/remote_options.hpp"
#include "cli/version_text.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-ls";
constexpr std::size_t kBuffer = 64 << 10;  // bytes collected before they go out

struct ls_options {
  std::string image;
  std::optional<std::string> digest;
  std::string version;
  std::string path;
  bool details = false;
  bool recursive = false;
  bool json = false;
  bool null = false;
  bool stats = false;
  bool versions = false;
  reading_options remote;
};

// Collects lines; JSON lines become one array.
class listing {
 public:
  listing(opened_image& from, const ls_options& opt) : from_(from), opt_(opt) {}

  outcome<void> begin() { return opt_.json ? put("[") : outcome<void>{}; }
  outcome<void> end() {
    if (opt_.json) DOCTEUR_CHECK(put(first_ ? "]\n" : "\n]\n"));
    return flush();
  }
  [[nodiscard]] bool pipe_closed() const noexcept { return pipe_closed_; }

  outcome<void> add(std::string_view name, const node& n) {
    const bool first = std::exchange(first_, false);
    if (!opt_.json && !opt_.details) {
      std::string line = opt_.null ? std::string(name) : printable(name);
      if (n.kind == entry_kind::directory) line += "/";
      return put(line + terminator());
    }
    const auto size = from_.reader().size(n);
    if (!size) return tl::make_unexpected(about(from_, size.error(), name));
    const auto oid = from_.snapshot().id(n);
    if (!oid) return tl::make_unexpected(about(from_, oid.error(), name));
    const std::string id = hex_text(*oid);
    if (opt_.json) {
      json_object o;
      o.add_bytes("path", name).add("kind", docteur::name(n.kind)).add("oid", id);
      if (n.is_blob()) o.add("size", *size);
      return put((first ? "\n" : ",\n") + o.text());
    }
    return put(git_line(name, n, id, *size));
  }

 private:
  // As `git ls-tree -l` prints it.
  [[nodiscard]] std::string git_line(std::string_view name, const node& n, const std::string& id,
                                     std::uint64_t size) const {
    const char* type = n.kind == entry_kind::directory ? "tree" : n.kind == entry_kind::submodule ? "commit" : "blob";
    const std::string length = n.is_blob() ? std::to_string(size) : "-";
    std::array<char, 96> head;
    std::snprintf(head.data(), head.size(), "%06o %s %s %7s\t", canonical_mode(n.kind), type, id.c_str(),
                  length.c_str());
    return head.data() + (opt_.null ? std::string(name) : printable(name)) + terminator();
  }
  [[nodiscard]] std::string terminator() const { return opt_.null ? std::string(1, '\0') : "\n"; }

  outcome<void> put(std::string_view text) {
    buffer_ += text;
    return buffer_.size() < kBuffer ? outcome<void>{} : flush();
  }
  outcome<void> flush() {
    DOCTEUR_CHECK(write_out(as_bytes(buffer_), pipe_closed_));
    buffer_.clear();
    return {};
  }

  opened_image& from_;
  const ls_options& opt_;
  std::string buffer_;
  bool first_ = true;
  bool pipe_closed_ = false;
};

void print_statistics(const snapshot& s) {
  const auto paths = s.tree().size();
  const auto all = s.image().memory_used() + s.memory_used();
  say(kProgram, std::to_string(paths) + " paths, path tree " + std::to_string(s.tree().memory_used()) +
                    " bytes, all of the attached image " + std::to_string(all) + " bytes (" +
                    std::to_string(all / paths) + " for each path)");
}

outcome<void> print_listing(opened_image& from, const ls_options& opt) {
  listing out(from, opt);
  DOCTEUR_CHECK(out.begin());
  const snapshot& paths = from.snapshot();
  const auto found = paths.find(opt.path);
  if (!found) return tl::make_unexpected(about(from, paths.list(opt.path).error(), opt.path));
  if (found->kind != entry_kind::directory) {
    DOCTEUR_CHECK(out.add(opt.path, *found));
  } else {
    auto entries = paths.list(opt.path, opt.recursive ? snapshot::depth::all : snapshot::depth::children);
    if (!entries) return tl::make_unexpected(about(from, entries.error(), opt.path));
    while (const auto e = entries->next()) {
      DOCTEUR_CHECK(out.add(e->name, e->node));
      if (out.pipe_closed()) return {};
    }
  }
  DOCTEUR_CHECK(out.end());
  if (opt.stats) print_statistics(paths);
  return {};
}

outcome<void> print_versions(opened_image& from, const ls_options& opt) {
  DOCTEUR_TRY(all, list_versions(from));
  std::string text;
  if (opt.json) {
    text = json_array(all, json_of_version) + "\n";
  } else {
    for (const verified_version& v : all) text += line_of_version(v, opt.null) + (opt.null ? '\0' : '\n');
  }
  bool pipe_closed = false;
  return write_out(as_bytes(text), pipe_closed);
}

outcome<void> ls(const ls_options& opt) {
  DOCTEUR_TRY(session, image_session::open(opt.image, opt.remote, opt.digest, {.version = opt.version}));
  return session->end(opt.versions ? print_versions(session->image(), opt) : print_listing(session->image(), opt));
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  using namespace docteur::cli;
  command_line app("Lists a directory of an image, in Git's order.", kProgram);
  ls_options options;
  app.add_option("image", options.image, kImageHelp).required();
  const option path = app.add_option("path", options.path, "a path in the image (default: its root)");
  const option details = app.add_flag("-l", options.details, "mode, type, id and size, as git ls-tree -l prints them");
  const option below =
      app.add_flag("-R,--recursive", options.recursive, "everything below, with paths relative to the directory");
  app.add_flag("-z,--null", options.null, "names as they are, each followed by NUL instead of a newline")
      .excludes(app.add_flag("--json", options.json, "an array of objects: path, kind, oid, size"));
  const option stats =
      app.add_flag("--stats", options.stats, "print on stderr how much memory the attached image takes");
  add_digest_option(app, options.digest);
  const option at = add_version_option(app, options.version);
  option versions =
      app.add_flag("--versions", options.versions, "the versions instead: name, commit, date, paths, reference");
  for (const option& other : {path, details, below, stats, at}) versions.excludes(other);
  add_reading_options(app, options.remote);
  app.add_version_flag(DOCTEUR_VERSION);
  return run(app, argc, argv, [&] { return ls(options); });
}
