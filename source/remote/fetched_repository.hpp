#pragma once
// One commit of a repository on another machine as a source. It is fetched first (source/remote/fetch.hpp); the source
// removes what was fetched. Hosted.

#include <chrono>
#include <memory>

#include "base/remote_address.hpp"
#include "object/progress.hpp"
#include "source/objects/commit_source.hpp"
#include "source/remote/fetch.hpp"
#include "source/repository/tree_listing.hpp"

namespace docteur {

// The commit that a reference names. `threads`: 0: all cores; `part`: as in repository_options. Messages name the
// address.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> open_fetched(const remote_address& from,
                                                                   const fetch_options& options, unsigned threads,
                                                                   const tree_part& part, progress& report);

// A commit by its id, fetched by fetch_pinned().
[[nodiscard]] outcome<std::unique_ptr<commit_source>> open_pinned(const remote_address& from, const oid& commit,
                                                                  std::chrono::seconds timeout, unsigned threads,
                                                                  progress& report);

}  // namespace docteur
