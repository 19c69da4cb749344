#pragma once
// What a path leads to. Guest-safe.

#include <cstdint>

#include "object/tree.hpp"

namespace docteur {

struct node {
  entry_kind kind;
  // Of its object in IDX; for a submodule, whose commit is not in the image, in snapshot::submodules().
  std::uint32_t position;
  // One number for each path of a snapshot, at least 1 and the same whenever the image is attached: what an inode
  // number is. Two paths of one object have two. 0 in a node that was not found by a path.
  std::uint32_t leaf = 0;

  [[nodiscard]] bool is_blob() const noexcept { return kind != entry_kind::directory && kind != entry_kind::submodule; }
  // What "name/" may stand for: a submodule is an empty folder.
  [[nodiscard]] bool is_folder() const noexcept { return !is_blob(); }
  friend bool operator==(const node&, const node&) = default;
};

// How a path tree's record holds a node: the kind in the highest three bits.
inline constexpr unsigned kPositionBits = 29;
[[nodiscard]] constexpr std::uint32_t to_record(const node& n) noexcept {
  return static_cast<std::uint32_t>(n.kind) << kPositionBits | n.position;
}
[[nodiscard]] constexpr node to_node(std::uint32_t record, std::uint32_t leaf = 0) noexcept {
  return {static_cast<entry_kind>(record >> kPositionBits), record & ((1u << kPositionBits) - 1), leaf};
}

}  // namespace docteur
