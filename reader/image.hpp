#pragma once
// An attached image: what is where. Guest-safe; constant once attached, so many threads may share one.
//
//   attach(device, memory) -> path tree ready
//   find(path), list(directory) -> nodes; reading them is image_reader's job (reader/image_reader.hpp).

#include <cstdint>
#include <optional>
#include <string_view>

#include "layout/image_header.hpp"
#include "layout/path_tree.hpp"
#include "layout/section_table.hpp"
#include "object/commit.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "object/tree.hpp"
#include "reader/limits.hpp"
#include "reader/object_reader.hpp"
#include "reader/pack_index.hpp"
#include "reader/restart_index.hpp"

namespace docteur {

// What a path leads to. `position`: of its object in IDX; for a submodule, whose commit is not in the image, in
// image::submodules().
struct node {
  entry_kind kind;
  std::uint32_t position;

  [[nodiscard]] bool is_blob() const noexcept { return kind != entry_kind::directory && kind != entry_kind::submodule; }
  // What "name/" may stand for: a submodule is an empty folder.
  [[nodiscard]] bool is_folder() const noexcept { return !is_blob(); }
  friend bool operator==(const node&, const node&) = default;
};

// Where attach takes the paths from. The path section is what the image's maker says; the trees are what the commit's
// id proves (doc/SECURITY.md).
enum class paths_from { section, trees };

class directory_list;

class image {
 public:
  // Reads header, section table, IDX's offsets and the commit, and builds the path tree: from the path section where
  // there is one, else from all trees, each checked against its id. What `d` stands on must outlive the image; all
  // memory comes from `from`. Errors: as the parts below find them; an unknown required feature is bad_version; a limit
  // passed is too_large.
  [[nodiscard]] static result<image> attach(const device& d, const memory& from, const limits& bounds = {},
                                            paths_from source = paths_from::section) noexcept;

  [[nodiscard]] const oid& commit_id() const noexcept { return header_.commit; }
  [[nodiscard]] const commit_view& head() const noexcept { return head_; }
  [[nodiscard]] bytes commit_content() const noexcept { return commit_.span(); }

  // `path`: '/'-separated; empty parts do not count, but a trailing '/' asks for a folder; "." and ".." are names that
  // no image holds. Symbolic links are not followed. nullopt when there is nothing.
  [[nodiscard]] std::optional<node> find(std::string_view path) const noexcept;

  // What `path` leads to as far as there is something: the node of `path` itself or of the longest part in front of a
  // '/'. `path` has no empty parts. nullopt only for one that has.
  struct prefix {
    node what;
    std::size_t size;  // bytes of `path`
  };
  [[nodiscard]] std::optional<prefix> find_prefix(std::string_view path) const noexcept;

  // The entries of the directory `path`, or all paths below it, in Git's order. Errors: not_found, wrong_kind,
  // out_of_memory.
  enum class depth { children, all };
  [[nodiscard]] result<directory_list> list(std::string_view path, depth how = depth::children) const noexcept;

  // The id of any node. Errors: the device's, when the ids are not in memory.
  [[nodiscard]] result<oid> id(const node& n) const noexcept;
  // Where the entry of a node that is no submodule begins, from the start of the PACK.
  [[nodiscard]] std::uint64_t offset(const node& n) const noexcept { return index_.offset(n.position); }

  [[nodiscard]] const device& disk() const noexcept { return device_; }
  [[nodiscard]] const limits& bounds() const noexcept { return bounds_; }
  [[nodiscard]] const memory& from() const noexcept { return memory_; }
  [[nodiscard]] const image_header& header() const noexcept { return header_; }
  // Absent in an image that OCaml docteur made, or one made by hand.
  [[nodiscard]] const std::optional<section_table>& sections() const noexcept { return sections_; }
  [[nodiscard]] const pack_index& index() const noexcept { return index_; }
  [[nodiscard]] const restart_index& restarts() const noexcept { return restarts_; }
  [[nodiscard]] const path_tree& tree() const noexcept { return tree_; }
  [[nodiscard]] std::span<const oid> submodules() const noexcept { return submodules_.span(); }
  [[nodiscard]] bool uses_path_section() const noexcept { return uses_path_section_; }
  // Bytes of `from` that the attached image holds.
  [[nodiscard]] std::size_t memory_used() const noexcept;

 private:
  friend class directory_list;
  [[nodiscard]] result<done> read_layout(paths_from source) noexcept;
  [[nodiscard]] result<done> read_paths() noexcept;
  [[nodiscard]] result<done> read_commit(object_reader& objects) noexcept;

  device device_;
  memory memory_;
  limits bounds_;
  image_header header_{};
  std::optional<section_table> sections_;
  bool uses_path_section_ = false;
  pack_index index_;
  restart_index restarts_;
  owned_array<std::byte> commit_;
  commit_view head_;
  path_tree tree_;
  owned_array<oid> submodules_;
};

// Walks the path tree from one name to the next. Holds no more than two paths, so it may stay open for long.
class directory_list {
 public:
  struct entry {
    std::string_view
        name;  // path relative to the listed directory, without a trailing '/'; until the next call of next()
    node what;
  };
  [[nodiscard]] std::optional<entry> next() noexcept;

 private:
  friend class image;
  directory_list(const image& of, image::depth how) noexcept : image_(&of), how_(how) {}

  const image* image_;
  image::depth how_;
  std::size_t base_ = 0;    // bytes of the directory's own path, its '/' included
  owned_array<char> from_;  // key to go on from
  owned_array<char> path_;  // the last path found
};

// How a path tree's record holds a node: the kind in the highest three bits.
inline constexpr unsigned kPositionBits = 29;
[[nodiscard]] constexpr std::uint32_t to_record(const node& n) noexcept {
  return static_cast<std::uint32_t>(n.kind) << kPositionBits | n.position;
}
[[nodiscard]] constexpr node to_node(std::uint32_t record) noexcept {
  return {static_cast<entry_kind>(record >> kPositionBits), record & ((1u << kPositionBits) - 1)};
}

}  // namespace docteur
