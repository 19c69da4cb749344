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

class snapshot {
 public:
  // Reads the commit that `from` is of, and builds the path tree: from the path section, if the image
  // uses one, else from all trees, each checked against its id. `from` must outlive the snapshot and stay where it is;
  // memory comes from its allocator. Errors: as the parts find them; a limit passed is too_large.
  [[nodiscard]] static result<snapshot> attach(const image& from) noexcept;

  // The image that the snapshot was attached from.
  [[nodiscard]] const docteur::image& image() const noexcept { return *image_; }
  [[nodiscard]] const oid& commit_id() const noexcept { return image_->commit_id(); }
  [[nodiscard]] const commit_view& commit() const noexcept { return commit_; }
  [[nodiscard]] bytes commit_content() const noexcept { return commit_content_.span(); }

  // `path`: '/'-separated; empty parts do not count, but a trailing '/' asks for a folder; "." and ".." are names that
  // no image holds. Symbolic links are not followed. nullopt when there is nothing.
  [[nodiscard]] std::optional<node> find(std::string_view path) const noexcept;

  // The node of `path` itself or of the longest part of it in front of a '/' that is there. `path` has no empty parts.
  // nullopt only for one that has.
  struct prefix {
    docteur::node node;
    std::size_t size;  // bytes of `path`
  };
  [[nodiscard]] std::optional<prefix> find_prefix(std::string_view path) const noexcept;

  // The entries of the directory `path`, or all paths below it, in Git's order. With `after`, the name of an entry as a
  // list of the same path and depth returned it, the list begins behind that entry: at the cost of one lookup.
  // Errors: not_found (also for an `after` that is not there), wrong_kind, out_of_memory.
  enum class depth { children, all };
  [[nodiscard]] result<directory_list> list(std::string_view path, depth levels = depth::children,
                                            std::string_view after = {}) const noexcept;

  // The id of any node. Errors: the device's, when the ids are not in memory.
  [[nodiscard]] result<oid> id(const node& n) const noexcept;

  [[nodiscard]] const path_tree& tree() const noexcept { return tree_; }
  [[nodiscard]] const oid_list& submodules() const noexcept { return submodules_; }
  // Bytes of the allocator's that the snapshot holds, without the image's.
  [[nodiscard]] std::size_t memory_used() const noexcept;

 private:
  friend class directory_list;
  [[nodiscard]] result<done> read_commit(object_reader& objects) noexcept;
  [[nodiscard]] result<done> read_paths(object_reader& objects) noexcept;

  const docteur::image* image_ = nullptr;
  owned_array<std::byte> commit_content_;
  commit_view commit_;
  path_tree tree_;
  oid_list submodules_;
};

// Walks the path tree from one name to the next. Holds no more than two paths, so it may stay open for long; the
// snapshot must outlive it and stay where it is.
class directory_list {
 public:
  struct entry {
    // Path relative to the listed directory, without a trailing '/'; until the next call of next().
    std::string_view name;
    docteur::node node;
  };
  [[nodiscard]] std::optional<entry> next() noexcept;

 private:
  friend class snapshot;
  directory_list(const snapshot& of, snapshot::depth levels) noexcept : snapshot_(&of), levels_(levels) {}
  void start() noexcept;
  // Behind a file "a" comes the next key after "a" NUL; behind a directory "a/" what is in it, or after all of it.
  // Goes on behind the key of the path at hand, `size` bytes of path_; for a directory it ends in '/'.
  void go_behind(std::size_t size, bool is_directory) noexcept;

  const snapshot* snapshot_;
  snapshot::depth levels_;
  std::size_t base_ = 0;    // bytes of the directory's own path, its '/' included
  owned_array<char> from_;  // key to go on from
  owned_array<char> path_;  // the last path found
};

}  // namespace docteur
