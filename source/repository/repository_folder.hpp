#pragma once
// Finds a repository and its parts (gitrepository-layout(5)). Hosted, POSIX.

#include <memory>
#include <optional>
#include <string>

#include "object/failure.hpp"
#include "source/objects/commit_source.hpp"
#include "source/repository/references.hpp"

namespace docteur {

struct local_repository {
  repository_place place;         // absolute
  std::string expected_worktree;  // where the worktree should be; it need not exist. Empty for a bare repository
  bool is_partial;                // a partial clone
  hash_kind kind;                 // of its ids
  bool has_reftables;             // its references are in tables, not in files

  [[nodiscard]] std::string objects() const { return place.common_folder + "/objects"; }
  [[nodiscard]] std::unique_ptr<docteur::references> references() const {
    return (has_reftables ? references_in_reftable : references_in_files)(place.folder, place.common_folder, kind);
  }
};

// The repository at `path` itself: parent folders are not searched. nullopt if there is none, in which case `path` may
// be a plain folder or may not exist. A repository has a HEAD and a folder of objects; everything else that git
// requires may be missing (`refs` is empty once references are packed, and lost where empty folders are not kept). Its
// owner does not matter: git's safe.directory guards against configuration that makes git run programs, and nothing
// from a repository is run here. Fails with blame::input for a `.git`, or a folder with two of HEAD, objects, refs and
// packed-refs, that is not a repository; for what git refuses in HEAD or configuration; for a format of objects or
// references that is not supported. Fails with blame::environment for what cannot be read.
[[nodiscard]] outcome<std::optional<local_repository>> find_repository(const std::string& path);

}  // namespace docteur
