#pragma once
// From what the user named to the objects of one commit. Hosted.

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

struct source_options {
  std::string reference;                    // branch, tag, id; empty: HEAD
  std::optional<identity> author;           // for a plain folder
  std::optional<commit_time> date;          // the same
  std::optional<commit_time> date_if_none;  // of a plain folder, from the environment
  std::optional<hash_kind> kind;            // of the ids of a plain folder; none: SHA-1
  std::vector<excluded_file> excluded;      // files to leave out of a plain folder
  std::string folder;                       // of a repository, all that select_from() will be asked for; empty: all
  unsigned threads = 0;                     // 0: all cores
  std::chrono::seconds timeout{60};         // of a network that is still; 0: none (fetch_options)
};

// A repository where there is one at the very path (a worktree's top, a `.git`, a bare one), else a plain folder.
// A remote repository is fetched first (source/remote/fetch.hpp; a program that has threads by now has called
// prepare_to_fetch() before it had any), and what was fetched goes away with the source.
// Fails with blame::usage when an option does not fit what is there.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> open_source(const location& where, const source_options& options,
                                                                  progress& report);

}  // namespace docteur
