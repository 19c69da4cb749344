#pragma once
// The numbers that the kernel knows nodes by. Hosted.

#include <cstdint>

#include "reader/node.hpp"

namespace docteur {

inline constexpr std::uint64_t kRootNumber = 1;  // FUSE_ROOT_ID

// A number holds the whole node, so a file needs no record in memory, however many files the kernel knows: the leaf in
// the upper 32 bits, the record (reader/node.hpp) in the lower. No leaf is 0, so no number is kRootNumber. `n` was
// found by a path that is not the root's.
[[nodiscard]] constexpr std::uint64_t number_of(const node& n) noexcept {
  return std::uint64_t{n.leaf} << 32 | to_record(n);
}
// The reverse, for any number but the root's.
[[nodiscard]] constexpr node node_of(std::uint64_t number) noexcept {
  return to_node(static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32));
}

}  // namespace docteur
