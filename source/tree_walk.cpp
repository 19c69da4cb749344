#include "source/tree_walk.hpp"

#include <unordered_map>

#include "object/tree.hpp"
#include "source/commit_source.hpp"
#include "source/oid_hash.hpp"
#include "source/printable.hpp"

namespace docteur {
namespace {

class walker {
 public:
  walker(const tree_loader& load, progress& report) : load_(load), report_(report) {}

  outcome<tree_listing> run(const oid& root) {
    DOCTEUR_CHECK(enter(root));
    while (!open_.empty()) {
      frame& top = open_.back();
      path_.resize(top.path_size);
      if (top.rest.done()) {
        open_.pop_back();
        continue;
      }
      const auto entry = top.rest.next();
      if (!entry) return refuse(std::string("a malformed tree: ") + entry.error().what);
      DOCTEUR_CHECK(visit(*entry));
    }
    listing_.trees = listing_.objects.size();
    listing_.objects.insert(listing_.objects.end(), blobs_.begin(), blobs_.end());
    for (std::size_t i = 0; i < blobs_.size(); ++i)
      add_path(std::string_view(blob_paths_).substr(blob_ends_[i], blob_ends_[i + 1] - blob_ends_[i]));
    return std::move(listing_);
  }

 private:
  struct frame {
    tree_reader rest;
    std::size_t path_size;
  };

  outcome<void> enter(const oid& id) {
    if (open_.size() > kMaxTreeDepth) return refuse("folders are nested too deeply");
    if (report_.cancelled()) return give_up(blame::environment, "interrupted");
    DOCTEUR_TRY(content, load_(id, path_));
    seen_.emplace(id, true);
    listing_.objects.push_back({id, object_type::tree, content.size()});
    add_path(path_);
    listing_.contents.push_back(std::move(content));
    // The bytes stay where they are when `contents` grows: a vector moves without copying.
    open_.push_back({tree_reader(listing_.contents.back()), path_.size()});
    report_.advance(1);
    return {};
  }

  outcome<void> visit(const tree_entry& entry) {
    if (!path_.empty()) path_ += '/';
    path_ += entry.name;
    if (path_.size() > kMaxSourcePath) return refuse("the path is too long");
    if (entry.kind == entry_kind::submodule) {
      listing_.submodules.push_back(path_);
      return {};
    }
    const bool is_tree = entry.kind == entry_kind::directory;
    if (const auto known = seen_.find(entry.id); known != seen_.end()) {
      if (known->second != is_tree) return refuse("its id is that of a folder and of a file");
      return {};
    }
    if (is_tree) return enter(entry.id);
    seen_.emplace(entry.id, false);
    blobs_.push_back({entry.id, object_type::blob, 0});
    blob_paths_ += path_;
    blob_ends_.push_back(blob_paths_.size());
    return {};
  }

  void add_path(std::string_view path) {
    listing_.paths += path;
    listing_.ends.push_back(listing_.paths.size());
  }
  [[nodiscard]] tl::unexpected<failure> refuse(const std::string& why) const {
    return give_up(blame::input, (path_.empty() ? "/" : printable(path_)) + ": " + why);
  }

  const tree_loader& load_;
  progress& report_;
  tree_listing listing_;
  std::vector<frame> open_;
  std::string path_;
  std::unordered_map<oid, bool, oid_hash> seen_;  // true: a tree
  std::vector<source_object> blobs_;
  std::string blob_paths_;
  std::vector<std::size_t> blob_ends_{0};
};

}  // namespace

outcome<tree_listing> walk_tree(const oid& root, const tree_loader& load, progress& report) {
  report.phase("listing", 0);
  return walker(load, report).run(root);
}

}  // namespace docteur
