#include "source/repository/tree_listing.hpp"

#include <algorithm>
#include <optional>

#include "base/oid_table.hpp"
#include "base/printable.hpp"
#include "object/tree.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {
namespace {

// Of a number in the table of ids: a tree, numbered as in extents_; else a blob, as in blobs_.
constexpr std::uint32_t kTree = 1u << 31;

class walker {
 public:
  walker(const tree_loader& load, progress& report) : load_(load), report_(report) {}

  outcome<tree_listing> run(const oid& root, const tree_part& part) {
    const tree_loader pass = [&](const oid& id, std::string_view path) { return pass_through(id, path, part); };
    DOCTEUR_TRY(folder, find_folder(root, part.folder, pass));
    path_ = part.folder;
    passed_ = listing_.objects.size();
    DOCTEUR_CHECK(enter(folder));
    while (!open_.empty()) {
      frame& top = open_.back();
      path_.resize(top.path_size);
      if (top.rest.done()) {
        DOCTEUR_CHECK(leave());
        continue;
      }
      const auto entry = top.rest.next();
      if (!entry) return refuse(std::string("a malformed tree: ") + entry.error().what);
      DOCTEUR_CHECK(visit(*entry));
    }
    listing_.trees = listing_.objects.size();
    listing_.objects.reserve(listing_.trees + blobs_.size());
    listing_.objects.insert(listing_.objects.end(), blobs_.begin(), blobs_.end());
    return std::move(listing_);
  }

 private:
  // Loads a tree on the way to the part.
  outcome<std::vector<std::byte>> pass_through(const oid& id, std::string_view path, const tree_part& part) {
    path_ = path;
    DOCTEUR_TRY(content, load_(id, path));
    listing_.objects.push_back({id, object_type::tree, content.size()});
    listing_.tree_paths.add(path);
    if (!part.gitmodules || !path.empty()) return content;
    for (tree_reader r(content, id.kind()); !r.done();) {
      const auto e = r.next();
      if (!e) break;  // reported by find_folder()
      if (e->name == ".gitmodules" && (e->kind == entry_kind::file || e->kind == entry_kind::executable))
        add_blob(e->id, ".gitmodules");
    }
    return content;
  }

  void add_blob(const oid& id, std::string_view path) {
    blobs_.push_back({id, object_type::blob, 0});
    seen_.insert(static_cast<std::uint32_t>(blobs_.size() - 1));
    listing_.blob_paths.add(path);
  }

  // The extent of a tree, itself included: a tree that is found again elsewhere is counted, not walked again.
  struct extent {
    std::uint64_t paths = 1;
    std::size_t longest = 0;  // bytes of the longest path from it, without a leading '/'
    unsigned depth = 0;       // folders inside each other
  };
  struct frame {
    frame(std::vector<std::byte> tree_content, std::size_t path, std::size_t number)
        : content(std::move(tree_content)), path_size(path), tree(number) {}
    std::vector<std::byte> content;
    tree_reader rest{{}, hash_kind::sha1};  // of the content
    std::size_t path_size;
    std::size_t tree;  // in extents_
  };

  outcome<void> enter(const oid& id) {
    if (open_.size() > kMaxTreeDepth) return refuse("folders are nested too deeply");
    if (report_.cancelled()) return give_up(blame::environment, "interrupted");
    DOCTEUR_TRY(content, load_(id, path_));
    listing_.objects.push_back({id, object_type::tree, content.size()});
    listing_.tree_paths.add(path_);
    // The bytes keep their address when `open_` grows, because vectors are moved.
    frame& top = open_.emplace_back(std::move(content), path_.size(), extents_.size());
    top.rest = tree_reader(top.content, id.kind());
    extents_.emplace_back();
    seen_.insert(kTree | static_cast<std::uint32_t>(extents_.size() - 1));
    report_.advance(1);
    return {};
  }

  // The tree of the innermost frame is done: counts it in its folder.
  outcome<void> leave() {
    const extent done = extents_[open_.back().tree];
    open_.pop_back();
    return open_.empty() ? outcome<void>() : count(done);
  }

  // Adds what is at path_, in the innermost frame's folder.
  outcome<void> count(const extent& below) {
    const frame& top = open_.back();
    extent& folder = extents_[top.tree];
    const std::size_t name = path_.size() - top.path_size - (top.path_size > 0 ? 1 : 0);
    folder.paths += below.paths;
    folder.longest = std::max(folder.longest, name + (below.longest > 0 ? 1 + below.longest : 0));
    folder.depth = std::max(folder.depth, below.depth + 1);
    if (folder.paths > kMaxPaths) return refuse("more paths than an image can have");
    if (top.path_size + folder.longest > kMaxSourcePath) return refuse("the paths below it are too long");
    if (open_.size() - 1 + folder.depth > kMaxTreeDepth + 1) return refuse("folders are nested too deeply");
    return {};
  }

  outcome<void> visit(const tree_entry& entry) {
    if (!path_.empty()) path_ += '/';
    path_ += entry.name;
    if (path_.size() > kMaxSourcePath) return refuse("the path is too long");
    if (entry.kind == entry_kind::submodule) {
      listing_.submodules.push_back(path_);
      return count({});
    }
    const bool is_tree = entry.kind == entry_kind::directory;
    if (const auto known = seen_.find(entry.id)) {
      if (((*known & kTree) != 0) != is_tree) return refuse("its id is used for both a folder and a file");
      return count(is_tree ? extents_[*known & ~kTree] : extent());
    }
    if (is_tree) return enter(entry.id);
    add_blob(entry.id, path_);
    return count({});
  }

  [[nodiscard]] tl::unexpected<failure> refuse(const std::string& why) const {
    return give_up(blame::input, (path_.empty() ? "/" : printable(path_)) + ": " + why);
  }

  const tree_loader& load_;
  progress& report_;
  tree_listing listing_;
  std::vector<frame> open_;
  std::string path_;
  std::size_t passed_ = 0;  // trees on the way to the part, which come first
  std::vector<extent> extents_;
  std::vector<source_object> blobs_;

  struct id_of {
    const walker& w;
    const oid& operator()(std::uint32_t number) const {
      return (number & kTree) != 0 ? w.listing_.objects[w.passed_ + (number & ~kTree)].id : w.blobs_[number].id;
    }
  };
  oid_table<id_of> seen_{id_of{*this}};
};

}  // namespace

outcome<std::string> folder_path(std::string_view text) {
  std::string path;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name.empty() || name == ".") continue;
    if (name == "..")
      return give_up(blame::usage, "--path: " + printable(text) + ": .. is not allowed; name the folder from the root");
    path.append(path.empty() ? "" : "/").append(name);
  }
  return path;
}

outcome<oid> find_folder(const oid& root, std::string_view path, const tree_loader& load) {
  oid tree = root;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    const std::string shown = printable(path.substr(0, end));
    DOCTEUR_TRY(content, load(tree, path.substr(0, begin == 0 ? 0 : begin - 1)));
    std::optional<tree_entry> found;
    for (tree_reader r(content, root.kind()); !r.done();) {
      const auto e = r.next();
      if (!e) return give_up(blame::input, shown + ": " + e.error().what);
      if (e->name == name) found = *e;
    }
    if (!found) return give_up(blame::input, "--path: " + shown + ": no such folder in the commit");
    if (found->kind != entry_kind::directory) {
      const char* const what = found->kind == entry_kind::submodule ? ": is a submodule" : ": is not a folder";
      return give_up(blame::input, "--path: " + shown + what);
    }
    tree = found->id;
    begin = end + 1;
  }
  return tree;
}

outcome<tree_listing> list_tree(const oid& root, const tree_loader& load, progress& report, const tree_part& part) {
  report.phase("listing", 0);
  return walker(load, report).run(root, part);
}

}  // namespace docteur
