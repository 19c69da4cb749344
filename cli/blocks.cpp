// docteur-blocks: what the cache of image blocks holds; fills, checks, bounds and removes it.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/kernel_boot.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/fill_blocks.hpp"
#include "cli/json.hpp"
#include "cli/remote_options.hpp"
#include "host/cache/block_cache.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-blocks";
constexpr std::array<std::string_view, 5> kActions{"list", "check", "fill", "remove", "trim"};

struct blocks_options {
  std::string action;
  std::vector<std::string> images;
  std::string cache;
  std::uint64_t bound = block_cache_options{}.bound;
  bool repair = false;
  bool json = false;
  std::string list;  // of fill
  std::uint64_t rate = 0;
  std::string from;  // of fill
  http_options http;
};

// What people call a file of the cache: its name without the ending.
std::string id_of(const cached_file& f) { return f.file.substr(0, f.file.rfind('.')); }

// Prints lines, or an array of objects.
class report {
 public:
  explicit report(bool json) : json_(json) {}
  outcome<void> add(const std::string& line, const json_object& object) {
    text_ += json_ ? (text_.empty() ? "[\n" : ",\n") + object.text() : line + "\n";
    return {};
  }
  outcome<void> end() {
    if (json_) text_ += text_.empty() ? "[]\n" : "\n]\n";
    bool pipe_closed = false;
    return write_out(as_bytes(text_), pipe_closed);
  }

 private:
  bool json_;
  std::string text_;
};

json_object described(const cached_file& f) {
  json_object o;
  o.add("id", id_of(f)).add("good", f.good());
  if (f.good()) o.add_bytes("name", f.image.name).add_bytes("identity", f.image.identity).add("size", f.image.size);
  o.add("disk", f.disk).add("changed", static_cast<std::uint64_t>(std::max<std::int64_t>(f.changed, 0)));
  return o.add("in_use", f.in_use);
}

// The files that a word means: all whose name or identifier it is, or the one whose identifier begins with it.
outcome<std::vector<cached_file>> matching(const std::vector<cached_file>& all, const std::string& word) {
  std::vector<cached_file> found;
  for (const cached_file& f : all)
    if (id_of(f) == word || (f.good() && f.image.name == shown_cache_name(word))) found.push_back(f);
  if (!found.empty()) return found;
  for (const cached_file& f : all)
    if (id_of(f).starts_with(word)) found.push_back(f);
  if (found.size() > 1) return give_up(blame::usage, printable(word) + ": more than one image begins with that");
  if (found.empty()) return give_up(blame::input, printable(word) + ": not in the cache");
  return found;
}

outcome<std::vector<cached_file>> chosen(const cache_folder& folder, const blocks_options& opt) {
  std::vector<cached_file> all = folder.files();
  if (opt.images.empty()) return all;
  std::vector<cached_file> some;
  for (const std::string& word : opt.images) {
    DOCTEUR_TRY(found, matching(all, word));
    for (cached_file& f : found)
      if (std::ranges::none_of(some, [&](const cached_file& s) { return s.file == f.file; }))
        some.push_back(std::move(f));
  }
  return some;
}

// Adds the manifests of these images, or all.
outcome<void> list_manifests(const cache_folder& folder, const std::vector<cached_file>& images, bool all,
                             report& out) {
  for (const cached_manifest& m : folder.manifests()) {
    const auto of = std::ranges::find_if(images, [&m](const cached_file& f) { return f.good() && m.is_of(f.file); });
    if (of == images.end() && !all) continue;
    const std::string id = m.file.substr(0, m.file.rfind('.'));
    const std::string name = of == images.end() ? "" : of->image.name;
    json_object object;
    object.add("id", id).add_bytes("manifest_of", name).add("disk", m.disk);
    object.add("changed", static_cast<std::uint64_t>(std::max<std::int64_t>(m.changed, 0)));
    DOCTEUR_CHECK(out.add(id + " " + std::to_string(m.disk) + " - - manifest" +
                              (name.empty() ? " without an image" : " of " + printable(name)),
                          object));
  }
  return {};
}

outcome<void> list(const cache_folder& folder, const blocks_options& opt) {
  report out(opt.json);
  DOCTEUR_TRY(files, chosen(folder, opt));
  for (const cached_file& f : files) {
    json_object object = described(f);
    std::string line = id_of(f) + " " + std::to_string(f.disk);
    if (const auto file = cache_file::open_existing(folder, f.file, kernel_boot()); f.good() && file) {
      const std::uint64_t blocks = f.image.blocks();
      const cache_file::census kept = (*file)->count();
      object.add("blocks", blocks).add("kept", kept.kept).add("doubtful", kept.doubtful);
      line += " " + std::to_string(kept.kept) + "/" + std::to_string(blocks) + (f.in_use ? " in-use " : " free ") +
              printable(f.image.name);
    } else {
      line += " - - (not a good file)";
    }
    DOCTEUR_CHECK(out.add(line, object));
  }
  DOCTEUR_CHECK(list_manifests(folder, files, opt.images.empty(), out));
  return out.end();
}

outcome<void> remove(const cache_folder& folder, const blocks_options& opt) {
  DOCTEUR_TRY(files, chosen(folder, opt));
  report out(opt.json);
  outcome<void> all;
  for (const cached_file& f : files) {
    if (folder.remove(f.file)) {
      DOCTEUR_CHECK(out.add(id_of(f), described(f)));
    } else if (errno != ENOENT) {
      all = give_up(blame::environment, id_of(f) + ": " + (errno == EBUSY ? "in use" : std::strerror(errno)));
    }
  }
  DOCTEUR_CHECK(out.end());
  return all;
}

outcome<void> check(const cache_folder& folder, const blocks_options& opt) {
  DOCTEUR_TRY(files, chosen(folder, opt));
  report out(opt.json);
  outcome<void> all;
  for (const cached_file& f : files) {
    const auto file = cache_file::open_existing(folder, f.file, kernel_boot());
    if (!file) {
      // The next use of the image makes it anew.
      const bool removed = opt.repair && folder.remove(f.file);
      if (!removed) all = give_up(blame::input, file.error().message);
      DOCTEUR_CHECK(out.add(id_of(f) + (removed ? " removed" : " bad"), described(f)));
      continue;
    }
    std::vector<std::uint64_t> bad;
    const cache_file::census kept = (*file)->check(false, opt.repair, bad);
    if (opt.repair) {
      if (const int error = (*file)->sync(); error != 0)
        all = give_up(blame::environment, id_of(f) + ": " + std::strerror(error));
    } else if (!bad.empty()) {
      all = give_up(blame::input, id_of(f) + ": " + std::to_string(bad.size()) + " blocks are not as they were kept");
    }
    json_object object = described(f);
    object.add("kept", kept.kept).add("damaged", static_cast<std::uint64_t>(bad.size()));
    DOCTEUR_CHECK(out.add(id_of(f) + " " + std::to_string(kept.kept - bad.size()) + " good, " +
                              std::to_string(bad.size()) + (opt.repair ? " forgotten" : " damaged"),
                          object));
  }
  DOCTEUR_CHECK(out.end());
  return all;
}

outcome<void> trim(const cache_folder& folder, const blocks_options& opt) {
  std::vector<cached_file> removed;
  const std::uint64_t left = folder.trim(opt.bound, &removed);
  report out(opt.json);
  for (const cached_file& f : removed) DOCTEUR_CHECK(out.add(id_of(f), described(f)));
  DOCTEUR_CHECK(out.end());
  if (left <= opt.bound) return {};
  return give_up(blame::environment, "images that are in use take " + std::to_string(left) + " bytes");
}

outcome<void> fill(const blocks_options& opt) {
  if (opt.images.size() != 1) return give_up(blame::usage, "fill: expected one image");
  fill_options filling;
  filling.image = opt.images.front();
  filling.list = opt.list;
  filling.rate = opt.rate;
  filling.json = opt.json;
  filling.from = opt.from;
  filling.remote.http = opt.http;
  filling.remote.cache = opt.cache;
  filling.remote.cache_bound = opt.bound;
  filling.remote.tell = [](const std::string& line) { say(kProgram, line); };
  return fill_blocks(kProgram, filling);
}

outcome<void> blocks(const blocks_options& opt) {
  if (std::ranges::find(kActions, opt.action) == kActions.end())
    return give_up(blame::usage, printable(opt.action) + ": not an action: list, check, fill, remove or trim");
  if (opt.action == "remove" && opt.images.empty())
    return give_up(blame::usage, "remove: which image? (trim --bound 0 removes all)");
  if (opt.action == "fill") return fill(opt);
  if (opt.action == "trim" && !opt.images.empty()) return give_up(blame::usage, "trim: takes no image");
  std::filesystem::path path = opt.cache;
  if (opt.cache.empty()) {
    DOCTEUR_TRY(standard, cache_folder::standard());
    path = std::move(standard);
  }
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error && opt.images.empty()) return report(opt.json).end();
  DOCTEUR_TRY(folder, cache_folder::open(path, false));
  if (opt.action == "list") return list(folder, opt);
  if (opt.action == "remove") return remove(folder, opt);
  return opt.action == "check" ? check(folder, opt) : trim(folder, opt);
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Lists, checks, fills, removes and bounds what the cache keeps of images.",
                                 docteur::cli::kProgram);
  docteur::cli::blocks_options options;
  app.add_option("action", options.action, "list, check, fill, remove or trim").required();
  app.add_option("image", options.images,
                 "names or identifiers of images (default: all); fill: a URL, a file or a device");
  app.add_option("--cache", options.cache, "the folder of the cache");
  app.add_option("--bound", options.bound,
                 "trim, fill: bytes that all images may take, with a unit: 512M, 2G (default: 10G)")
      .with_unit();
  app.add_option("--list", options.list, "fill: only the blocks of this list, which --record of another command wrote");
  app.add_option("--rate", options.rate, "fill: bytes per second, with a unit (default: no bound)").with_unit();
  app.add_flag("--repair", options.repair, "check: forget blocks that are damaged, remove files that are not good");
  app.add_flag("--json", options.json, "an array of objects");
  docteur::cli::add_from_option(app, options.from).description("fill: an older image; what it has is not fetched");
  docteur::cli::add_http_options(app, options.http);
  app.add_version_flag(DOCTEUR_VERSION);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::blocks(options); });
}
