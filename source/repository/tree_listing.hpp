#pragma once
// Lists what a commit's tree reaches, in the canonical order of object_source::objects(). Hosted.

#include <functional>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "pack/object_source.hpp"

namespace docteur {

struct tree_listing {
  std::vector<source_object> objects;            // trees with their sizes, then blobs, whose sizes are still 0
  std::size_t trees = 0;                         // how many of `objects` are trees
  std::vector<std::vector<std::byte>> contents;  // of the trees
  std::vector<std::string> submodules;           // paths

  [[nodiscard]] std::string_view path(std::size_t index) const noexcept {
    return std::string_view(paths).substr(ends[index], ends[index + 1] - ends[index]);
  }
  std::string paths;
  std::vector<std::size_t> ends{0};  // in `paths`; that of object i begins at ends[i]
};

// Content of a tree, compared with its id. `path`: where it was met.
using tree_loader = std::function<outcome<std::vector<std::byte>>(const oid& id, std::string_view path)>;

// Which part of a tree is wanted.
struct tree_part {
  std::string folder;       // as folder_path() makes it; empty: all
  bool gitmodules = false;  // the root's .gitmodules, too
};

// A folder as people name it ("/a//./b/"), without what means nothing ("a/b"). ".." is blame::usage.
[[nodiscard]] outcome<std::string> folder_path(std::string_view said);

// The tree of the folder `path`, as folder_path() makes it, below `root`; each tree before it is loaded once, the root
// first. blame::input where there is no such folder.
[[nodiscard]] outcome<oid> find_folder(const oid& root, std::string_view path, const tree_loader& load);

// Every tree is checked with tree_reader: bad names, order and modes are blame::input and named, as are folders nested
// over kMaxTreeDepth, paths over kMaxSourcePath, and an id that is met both as a tree and as a file. Of a part, first
// the trees on the way to its folder, then those of the folder; paths are from the root all the same.
[[nodiscard]] outcome<tree_listing> list_tree(const oid& root, const tree_loader& load, progress& report,
                                              const tree_part& part = {});

}  // namespace docteur
