#pragma once
// Answers FUSE's requests from a mounted_tree. Hosted, libfuse3's low-level interface.

#include <cstdint>
#include <functional>

#include "mount/listing_demand.hpp"
#include "mount/mounted_tree.hpp"

struct fuse_lowlevel_ops;

namespace docteur {

struct fuse_answers {
  mounted_tree& tree;
  // Called once, when the kernel has greeted: from now on requests are answered.
  std::function<void()> started;
  // Called for each request that fails because content cannot be read, by any thread.
  std::function<void(const mounted_node&, const error&)> failed;
  listing_demand demand{};  // of all listings of the mount
};

// Every function gets its fuse_answers as the session's user data.
[[nodiscard]] fuse_lowlevel_ops fuse_operations() noexcept;

}  // namespace docteur
