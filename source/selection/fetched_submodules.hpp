#pragma once
// Submodules of a repository on another machine, fetched from the URLs in its .gitmodules. Hosted.

#include <chrono>
#include <memory>

#include "base/remote_address.hpp"
#include "object/progress.hpp"
#include "source/selection/submodules.hpp"

namespace docteur {

// `from`: where the outermost repository was fetched from. Only network addresses are followed
// (source/selection/submodule_address.hpp), whatever .gitmodules says (source/selection/gitmodules.hpp). Each commit is
// fetched by fetch_pinned(); its source removes what was fetched. `report` must outlive it.
[[nodiscard]] std::unique_ptr<submodule_finder> fetched_submodules(const remote_address& from,
                                                                   gitmodules_loader gitmodules,
                                                                   std::chrono::seconds timeout, unsigned threads,
                                                                   progress& report);

}  // namespace docteur
