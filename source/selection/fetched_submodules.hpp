#pragma once
// Submodules of a repository on another machine, fetched from where its .gitmodules says. Hosted.

#include <chrono>
#include <memory>

#include "object/progress.hpp"
#include "source/remote/remote_address.hpp"
#include "source/selection/submodules.hpp"

namespace docteur {

// `from`: where the outermost repository was fetched from. Only addresses on the network are followed
// (source/selection/submodule_address.hpp), whatever a commit says (source/selection/gitmodules.hpp). Each commit is
// fetched as fetch_pinned() does; what was fetched goes away with its source. `report` must outlive it.
[[nodiscard]] std::unique_ptr<submodule_finder> fetched_submodules(const remote_address& from,
                                                                   gitmodules_loader gitmodules,
                                                                   std::chrono::seconds timeout, unsigned threads,
                                                                   progress& report);

}  // namespace docteur
