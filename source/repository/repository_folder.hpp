#pragma once
// Whether there is a repository, and where its parts are (gitrepository-layout(5)). Hosted, POSIX.

#include <memory>
#include <optional>
#include <string>

#include "object/failure.hpp"
#include "source/objects/commit_source.hpp"
#include "source/repository/references.hpp"

namespace docteur {

struct local_repository {
  repository_place place;     // absolute
  std::string worktree_said;  // where the worktree is or lay; it need not be there. Empty for a bare repository
  bool is_partial;            // a partial clone
  hash_kind kind;             // of its ids

  [[nodiscard]] std::string objects() const { return place.common_folder + "/objects"; }
  [[nodiscard]] std::unique_ptr<docteur::references> references() const {
    return references_in_files(place.folder, place.common_folder, kind);
  }
};

// The repository at `path` itself: folders above are not searched. Nothing where there is none, so that `path` may be
// a plain folder, or may not be there. It is one with a HEAD and a folder of objects; all else that git asks for
// (`refs`, which is empty once references are packed, and so lost where empty folders are) may be missing.
// Whose it is does not matter (git's safe.directory): that guards against configuration that makes git run programs,
// and nothing of a repository is run here.
// blame::input: a `.git`, or a folder with two of HEAD, objects, refs and packed-refs, that is none; what git refuses
// in HEAD or configuration; a format of objects or references that is not read. blame::environment: what cannot be
// read.
[[nodiscard]] outcome<std::optional<local_repository>> find_repository(const std::string& path);

}  // namespace docteur
