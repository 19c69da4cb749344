#pragma once
// One commit whose objects are in a pool. Hosted.

#include <memory>
#include <string>

#include "object/progress.hpp"
#include "source/selection/object_pool.hpp"

namespace docteur {

// `commit`: the commit's content. Its tree and all that the tree reaches are in the pool.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> compose_source(std::string commit, hash_kind kind,
                                                                     object_pool pool, progress& report);

}  // namespace docteur
