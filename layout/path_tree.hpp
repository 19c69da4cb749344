#pragma once
// The path tree: an adaptive radix tree (Leis, Kemper, Neumann: "The Adaptive Radix Tree", ICDE 2013) from paths to
// 32-bit records, built once, bottom-up, from paths in ascending order, then read-only. Guest-safe.
//
// Keys. A file "a/b" has the key "a/b" NUL, a directory "a" has "a/" NUL, the root directory NUL: no key is a prefix of
// another, and the order of keys is Git's order of tree entries, depth first. So a directory's own leaf comes right
// before its entries, and a node (or a single leaf) begins right after each '/'.
//
// Nodes have one of the paper's four shapes by their number of children (4, 16, 48, 256), but no room to grow: Node4
// and Node16 hold exactly their children. Nodes store their whole prefix (pessimistic path compression), leaves store
// the rest of their key (lazy expansion). A reference has 32 bits: a byte position in one block of memory, and one bit
// that marks a leaf.

#include <cstdint>
#include <optional>
#include <string_view>

#include "object/bytes.hpp"
#include "object/memory.hpp"

namespace docteur {

class path_tree {
 public:
  // `leaf` identifies the path: a number less than the tree's size in bytes, the same in every tree of the same paths;
  // 0 for the root directory.
  struct match {
    std::uint32_t record;
    std::uint32_t leaf;
    bool is_directory;
  };

  path_tree() = default;

  // `path`: '/'-separated, neither leading nor trailing '/'; empty for the root directory.
  [[nodiscard]] std::optional<match> find(std::string_view path) const noexcept;

  // The record of a path that was found, by its leaf; 0 for a number that is no leaf's.
  [[nodiscard]] std::uint32_t record(std::uint32_t leaf) const noexcept;

  // Returns the longest path in the tree that is `path` or leads to it: for "a/b/c" the path itself, else "a/b", "a",
  // or the root directory; nullopt if there is none of them.
  struct prefix {
    std::uint32_t record;
    std::uint32_t leaf;
    bool is_directory;
    std::size_t path_size;  // bytes of `path`
  };
  [[nodiscard]] std::optional<prefix> find_prefix(std::string_view path) const noexcept;

  // Returns the first path whose key is at least `from`, and writes it to `path` (a directory's with a trailing '/';
  // the root's is empty). Returns nullopt at the end, or if `path` is too small: path_bytes() always suffices.
  struct position {
    std::uint32_t record;
    std::uint32_t leaf;
    bool is_directory;
    std::size_t path_size;  // bytes of `path`
  };
  [[nodiscard]] std::optional<position> lower_bound(std::string_view from, std::span<char> path) const noexcept;

  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }                   // paths, directories included
  [[nodiscard]] std::size_t memory_used() const noexcept { return block_.capacity(); }  // bytes
  [[nodiscard]] std::size_t path_bytes() const noexcept { return longest_; }  // of the longest path, its '/' included

 private:
  friend class path_tree_builder;
  owned_array<std::byte> block_;
  std::uint32_t root_ = 0;
  std::uint32_t size_ = 0;
  std::size_t longest_ = 0;
};

class path_tree_builder {
 public:
  explicit path_tree_builder(const memory& from) noexcept;

  // Adds a path, in ascending order of keys; `path` as in path_tree::find(). Errors, after which the builder must not
  // be used: malformed if the path is out of order or there already (also as a directory instead of a file, or the
  // reverse); too_large if the key exceeds 65,535 bytes or the tree 2 GiB; out_of_memory.
  [[nodiscard]] result<done> add(std::string_view path, bool is_directory, std::uint32_t record) noexcept;

  // The same for a front-coded key: the first `shared` bytes of the key before, then `tail`. A directory's key ends in
  // '/', the root's is empty; the closing NUL is omitted. `shared` must be the whole length of the common prefix, 0 for
  // the first key.
  [[nodiscard]] result<done> add_tail(std::size_t shared, std::string_view tail, std::uint32_t record) noexcept;

  // The last key added, without its NUL. Valid until the next call.
  [[nodiscard]] std::string_view last_key() const noexcept {
    return {key_.data(), key_.size() > 0 ? key_.size() - 1 : 0};
  }

  // Returns the tree, with its memory cut to size. The builder must not be used afterwards. Errors: malformed if
  // nothing was added; out_of_memory.
  [[nodiscard]] result<path_tree> finish() noexcept;

 private:
  struct child {
    std::uint32_t ref;
    std::uint8_t byte;
  };
  // A node on the way to the last key that is not written yet. It branches on byte `depth` of the key.
  struct open_node {
    std::uint32_t depth;
    std::uint32_t first_child;  // in children_
  };

  [[nodiscard]] result<done> append(std::size_t shared, std::string_view tail, bool slash,
                                    std::uint32_t record) noexcept;
  [[nodiscard]] result<done> make_room() noexcept;
  void close(std::size_t shared) noexcept;
  // Adds a child to the innermost open node, under byte `depth` of the last key.
  void add_child(std::uint32_t ref, std::size_t depth) noexcept {
    (void)children_.push_back({ref, static_cast<std::uint8_t>(key_[depth])});
  }
  [[nodiscard]] std::uint32_t write_leaf(std::size_t depth) noexcept;
  [[nodiscard]] std::uint32_t write_node(std::size_t prefix_at) noexcept;
  // Appends `n` bytes to the tree, for which make_room() reserved memory.
  [[nodiscard]] std::byte* extend(std::size_t n) noexcept {
    const std::size_t at = tree_.block_.size();
    (void)tree_.block_.resize(at + n);
    return tree_.block_.data() + at;
  }

  path_tree tree_;
  owned_array<char> key_;  // the last key added, NUL included
  owned_array<open_node> open_;
  owned_array<child> children_;  // of all open nodes, outermost first
  std::uint32_t record_ = 0;     // of the last key
};

}  // namespace docteur
