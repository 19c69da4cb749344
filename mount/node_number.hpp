#pragma once
// What the kernel knows by a number: a path of one of the mounted trees. Hosted.

#include <cstdint>

#include "reader/node.hpp"

namespace docteur {

// Of the tree with a number (mount/mounted_snapshots.hpp): the path of a leaf (reader/node.hpp), or the root if it is
// 0.
struct mounted_node {
  std::uint32_t tree;
  entry_kind kind;
  std::uint32_t leaf;

  [[nodiscard]] bool is_root() const noexcept { return leaf == 0; }
  [[nodiscard]] bool is_folder() const noexcept { return node{kind, 0}.is_folder(); }
  friend bool operator==(const mounted_node&, const mounted_node&) = default;
};

inline constexpr std::uint64_t kRootNumber = 1;  // FUSE_ROOT_ID: the root of tree 0

// A number holds the whole node, so a file needs no record in memory, however many files the kernel knows: the tree in
// the bits from 40 on, the kind in those from 32 on, the leaf in the lower ones. The highest bit is set, so that no
// number but that of tree 0's root is kRootNumber.
[[nodiscard]] constexpr std::uint64_t number_of(const mounted_node& n) noexcept {
  if (n.tree == 0 && n.is_root()) return kRootNumber;
  return std::uint64_t{1} << 63 | std::uint64_t{n.tree} << 40 | static_cast<std::uint64_t>(n.kind) << 32 | n.leaf;
}
// The reverse.
[[nodiscard]] constexpr mounted_node node_of(std::uint64_t number) noexcept {
  if (number == kRootNumber) return {0, entry_kind::directory, 0};
  return {static_cast<std::uint32_t>(number >> 40 & 0xffff), static_cast<entry_kind>(number >> 32 & 7),
          static_cast<std::uint32_t>(number)};
}

}  // namespace docteur
