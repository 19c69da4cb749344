#pragma once
// Limits on every quantity that a hostile image can inflate. All apply by default; a caller may raise them. Guest-safe.

#include <cstdint>

namespace docteur {

struct limits {
  std::uint32_t objects = 1u << 24;                      // entries of the PACK
  std::uint32_t paths = 1u << 24;                        // leaves of the path tree
  std::uint32_t path_bytes = 8192;                       // of one path; Linux allows 4096
  std::uint32_t tree_depth = 2048;                       // nested directories, as git's core.maxTreeDepth
  std::uint32_t delta_depth = 4095;                      // deltas in one chain; git writes at most this many
  std::uint32_t symlinks = 40;                           // followed for one path, as Linux does
  std::uint64_t object_bytes = std::uint64_t{1} << 30;   // of an object that is rebuilt whole, and of its deltas
  std::uint64_t streamed_blob = std::uint64_t{8} << 20;  // a non-delta blob of this size or more is not rebuilt whole
};

}  // namespace docteur
