#pragma once
// The object at a path. Guest-safe.

#include <cstdint>

#include "object/tree.hpp"

namespace docteur {

struct node {
  entry_kind kind;
  // The position of its object in IDX; for a submodule, whose commit is not in the image, in snapshot::submodules().
  std::uint32_t position;
  // Identifies the path in its snapshot, like an inode number: at least 1, and the same whenever the image is attached.
  // Two paths of one object have different numbers. 0 in a node that was not found by a path.
  std::uint32_t leaf = 0;

  [[nodiscard]] bool is_blob() const noexcept { return kind != entry_kind::directory && kind != entry_kind::submodule; }
  // Whether "name/" may refer to it: a submodule is an empty folder.
  [[nodiscard]] bool is_folder() const noexcept { return !is_blob(); }
  friend bool operator==(const node&, const node&) = default;
};

// A path tree's record of a node: the kind in the highest three bits, the position in the others.
inline constexpr unsigned kPositionBits = 29;
[[nodiscard]] constexpr std::uint32_t to_record(const node& n) noexcept {
  return static_cast<std::uint32_t>(n.kind) << kPositionBits | n.position;
}
[[nodiscard]] constexpr node to_node(std::uint32_t record, std::uint32_t leaf = 0) noexcept {
  return {static_cast<entry_kind>(record >> kPositionBits), record & ((1u << kPositionBits) - 1), leaf};
}

}  // namespace docteur
