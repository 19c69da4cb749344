#pragma once
// Resolves a name to a commit. Hosted.

#include <string>
#include <vector>

#include "source/objects/git_objects.hpp"
#include "source/repository/references.hpp"

namespace docteur {

struct revision {
  oid commit;
  std::string reference;             // full name of the first reference on the way: "HEAD" stays; empty for an id
  std::vector<oid> tags;             // annotated tags on the way to it, in the order of tag_section.hpp
  std::vector<std::string> remarks;  // printable sentences
};

// `name`: HEAD (also "@" or empty), a full id, a full or short reference by the rules and in the order of git
// (gitrevisions, "<refname>"), or a short id of at least four digits that is unique among commits. A tag is followed to
// its commit, through tags of tags. Expressions (HEAD~1, v1^{}, @{...}) are blame::usage; anything else that leads to
// no commit is blame::input; what cannot be read is blame::environment. Messages do not name the repository.
[[nodiscard]] outcome<revision> resolve_revision(const references& refs, const git_objects& objects,
                                                 std::string_view name);

}  // namespace docteur
