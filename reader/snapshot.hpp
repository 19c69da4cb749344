#pragma once
// One commit of an attached image: its content, its paths in a path tree, the ids of its submodules. Guest-safe;
// constant once attached, so many threads may share one.

#include <cstdint>
#include <optional>
#include <string_view>

#include "layout/path_tree.hpp"
#include "object/commit.hpp"
#include "object/memory.hpp"
#include "object/oid_list.hpp"
#include "reader/image.hpp"
#include "reader/node.hpp"
#include "reader/object_reader.hpp"

namespace docteur {

class directory_list;
class version_list;
struct version;

class snapshot {
 public:
  // Reads the image's commit and builds the path tree: from the path section if the image uses one, else from all
  // trees, each checked against its id. `from` must outlive the snapshot and not be moved; memory comes from its
  // allocator. Errors: those of the parts; too_large for an exceeded limit.
  [[nodiscard]] static result<snapshot> attach(const image& from) noexcept;
  // The same for a version of the image, an element of `all`, which is the image's list of versions and is not needed
  // any more afterwards.
  [[nodiscard]] static result<snapshot> attach(const docteur::image& from, const version_list& all,
                                               const version& which) noexcept;

  // The image that the snapshot was attached from.
  [[nodiscard]] const docteur::image& image() const noexcept { return *image_; }
  [[nodiscard]] const oid& commit_id() const noexcept { return commit_id_; }
  [[nodiscard]] const commit_view& commit() const noexcept { return commit_; }
  [[nodiscard]] bytes commit_content() const noexcept { return commit_content_.span(); }

  // `path`: '/'-separated. Empty parts are ignored, except that a trailing '/' requires a folder; no image has names
  // "." or "..". Symbolic links are not followed. Returns nullopt if there is no such path.
  [[nodiscard]] std::optional<node> find(std::string_view path) const noexcept;

  // Returns the node of `path`, or of the longest part of it before a '/' that exists. Returns nullopt only if `path`
  // has empty parts.
  struct prefix {
    docteur::node node;
    std::size_t size;  // bytes of `path`
  };
  [[nodiscard]] std::optional<prefix> find_prefix(std::string_view path) const noexcept;

  // The entries of the directory `path`, or all paths below it, in Git's order. With `after`, the name of an entry as a
  // list of the same path and depth returned it, the list begins after that entry, at the cost of one lookup.
  // Errors: not_found (also if `after` does not exist), wrong_kind, out_of_memory.
  enum class depth { children, all };
  [[nodiscard]] result<directory_list> list(std::string_view path, depth levels = depth::children,
                                            std::string_view after = {}) const noexcept;

  // Returns the id of any node. Errors: the device's, if the ids are not in memory.
  [[nodiscard]] result<oid> id(const node& n) const noexcept;

  [[nodiscard]] const path_tree& tree() const noexcept { return tree_; }
  [[nodiscard]] const oid_list& submodules() const noexcept { return submodules_; }
  // Bytes that the snapshot holds from the allocator, without the image's.
  [[nodiscard]] std::size_t memory_used() const noexcept;

 private:
  friend class directory_list;
  // Without `which`, of the image's commit.
  [[nodiscard]] static result<snapshot> attach(const docteur::image& from, const oid& commit, const version_list* all,
                                               const version* which) noexcept;
  [[nodiscard]] result<done> read_commit(object_reader& objects) noexcept;
  [[nodiscard]] result<done> read_paths(object_reader& objects, const version_list* all, const version* which) noexcept;

  const docteur::image* image_ = nullptr;
  oid commit_id_;
  owned_array<std::byte> commit_content_;
  commit_view commit_;
  path_tree tree_;
  oid_list submodules_;
};

// Walks the path tree from one name to the next. Holds no more than two paths, so it may stay open for long. The
// snapshot must outlive it and not be moved.
class directory_list {
 public:
  struct entry {
    // Path relative to the listed directory, without a trailing '/'. Valid until the next call of next().
    std::string_view name;
    docteur::node node;
  };
  [[nodiscard]] std::optional<entry> next() noexcept;

 private:
  friend class snapshot;
  directory_list(const snapshot& of, snapshot::depth levels) noexcept : snapshot_(&of), levels_(levels) {}
  void start() noexcept;
  // Continues after the path in the first `size` bytes of path_, which end in '/' for a directory. After a file "a"
  // comes the next key above "a" NUL; after a directory "a/", its first entry, or the first key after all of its
  // entries.
  void go_behind(std::size_t size, bool is_directory) noexcept;

  const snapshot* snapshot_;
  snapshot::depth levels_;
  std::size_t base_ = 0;    // bytes of the directory's own path, its '/' included
  owned_array<char> from_;  // the key to continue from
  owned_array<char> path_;  // the last path found
};

}  // namespace docteur
