#pragma once
// Lists the objects that a commit's tree reaches, in the canonical order of object_source::objects(). Hosted.

#include <functional>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "pack/object_source.hpp"

namespace docteur {

// Texts one after the other.
class path_list {
 public:
  void add(std::string_view path) {
    text_ += path;
    ends_.push_back(text_.size());
  }
  [[nodiscard]] std::string_view operator[](std::size_t index) const noexcept {
    return std::string_view(text_).substr(ends_[index], ends_[index + 1] - ends_[index]);
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_{0};  // text `i` begins at ends_[i]
};

struct tree_listing {
  std::vector<source_object> objects;   // trees with their sizes, then blobs, whose sizes are still 0
  std::size_t trees = 0;                // number of trees in `objects`
  std::vector<std::string> submodules;  // paths
  path_list tree_paths;
  path_list blob_paths;

  [[nodiscard]] std::string_view path(std::size_t index) const noexcept {
    return index < trees ? tree_paths[index] : blob_paths[index - trees];
  }
};

// Returns the content of a tree, compared with its id. `path`: where the tree was found.
using tree_loader = std::function<outcome<std::vector<std::byte>>(const oid& id, std::string_view path)>;

// The part of a tree that is listed.
struct tree_part {
  std::string folder;       // as folder_path() returns it; empty: all
  bool gitmodules = false;  // the root's .gitmodules, too
};

// Normalises a folder's path as people write it: "/a//./b/" becomes "a/b". ".." is blame::usage.
[[nodiscard]] outcome<std::string> folder_path(std::string_view text);

// The tree of the folder `path`, as folder_path() returns it, below `root`. Each tree on the way is loaded once, the
// root first. blame::input if there is no such folder.
[[nodiscard]] outcome<oid> find_folder(const oid& root, std::string_view path, const tree_loader& load);

// Every tree is checked with tree_reader: bad names, order and modes are blame::input and named, as are folders nested
// deeper than kMaxTreeDepth, paths longer than kMaxSourcePath, and an id found both as a tree and as a file. For a
// part, the trees on the way to its folder come first, then those of the folder; paths are from the root in any case.
[[nodiscard]] outcome<tree_listing> list_tree(const oid& root, const tree_loader& load, progress& report,
                                              const tree_part& part = {});

}  // namespace docteur
