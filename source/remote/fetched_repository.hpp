#pragma once
// Commits of a repository on another machine as sources. They are fetched first (source/remote/fetch.hpp); the last
// source removes what was fetched. Hosted.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/remote_address.hpp"
#include "object/progress.hpp"
#include "source/objects/commit_source.hpp"
#include "source/remote/fetch.hpp"
#include "source/repository/reference_list.hpp"
#include "source/repository/tree_listing.hpp"

namespace docteur {

// All messages name the address.
class fetched_repository {
 public:
  // Makes a private folder; nothing is fetched yet. `timeout`: as in fetch_options.
  [[nodiscard]] static outcome<std::unique_ptr<fetched_repository>> create(remote_address from,
                                                                           std::chrono::seconds timeout);

  // For each of `patterns`, the references that match it, as list_references() returns them of a repository on this
  // machine: the server is asked for those that begin as the patterns do, without their files if it can leave
  // them out (list_remote()). To be called before open(), once. Fails as list_remote() and list_references() do.
  [[nodiscard]] outcome<std::vector<std::vector<listed_reference>>> list(std::span<const std::string> patterns,
                                                                         progress& report);

  // The commits that the references name, in their order, all by one fetch, but for those whose contents came with
  // list(). To be called once. `threads`: 0: all cores; `part`: as in repository_options. Fails as fetch_commits()
  // does.
  [[nodiscard]] outcome<std::vector<std::unique_ptr<commit_source>>> open(const std::vector<std::string>& references,
                                                                          unsigned threads, const tree_part& part,
                                                                          progress& report);

 private:
  fetched_repository(remote_address from, std::chrono::seconds timeout,
                     std::shared_ptr<const private_folder> folder) noexcept
      : from_(std::move(from)), timeout_(timeout), folder_(std::move(folder)) {}
  [[nodiscard]] bool is_there(const std::string& reference) const;
  [[nodiscard]] failure vanished(failure why) const;

  remote_address from_;
  std::chrono::seconds timeout_;
  std::shared_ptr<const private_folder> folder_;
  std::optional<remote_listing> listing_;
  std::vector<std::string> listed_;  // full names
};

// A commit by its id, fetched by fetch_pinned().
[[nodiscard]] outcome<std::unique_ptr<commit_source>> open_pinned(const remote_address& from, const oid& commit,
                                                                  std::chrono::seconds timeout, unsigned threads,
                                                                  progress& report);

}  // namespace docteur
