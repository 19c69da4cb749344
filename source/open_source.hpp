#pragma once
// Opens what the user named as the objects of one commit. Hosted.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "source/folder/commit_options.hpp"
#include "source/folder/folder_scan.hpp"
#include "source/location.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {

class fetched_repository;
class git_objects;

struct source_options {
  std::string reference;                    // branch, tag, id; empty: HEAD
  std::optional<identity> author;           // for a plain folder
  std::optional<commit_time> date;          // the same
  std::optional<commit_time> date_if_none;  // of a plain folder, from the environment
  std::optional<hash_kind> kind;            // of the ids of a plain folder; none: SHA-1
  std::vector<excluded_file> excluded;      // files to leave out of a plain folder
  // The objects of the repository, if they are open already.
  std::shared_ptr<const git_objects> objects = nullptr;
  std::string folder;                // of a repository: the only folder that select_from() will need; empty: all
  unsigned threads = 0;              // 0: all cores
  std::chrono::seconds timeout{60};  // without a sign from the network; 0: no limit (fetch_options)
};

// Opens a repository if there is one at this very path (the top of a worktree, a `.git`, a bare one), otherwise a plain
// folder. A remote repository is fetched first (source/remote/fetch.hpp; a program with threads must have called
// prepare_to_fetch() before it started any); the source removes what was fetched. Fails with blame::usage if an option
// does not fit what is there.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> open_source(const location& where, const source_options& options,
                                                                  progress& report);

// Opens several commits of a repository on another machine, in the order of `references`, as open_source() does each,
// but by one fetch. `options.reference` is not used.
[[nodiscard]] outcome<std::vector<std::unique_ptr<commit_source>>> open_fetched(
    fetched_repository& from, const source_options& options, const std::vector<std::string>& references,
    progress& report);

}  // namespace docteur
