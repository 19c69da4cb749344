#pragma once
// The folders of objects that a repository has: its own and those of its alternates
// (`git help gitrepository-layout`, objects/info/alternates). Hosted.

#include <string>
#include <string_view>
#include <vector>

#include "source/objects/object_fault.hpp"

namespace docteur {

// What a file of alternates names, as git reads it: a path on each line, empty lines and those that begin with '#'
// passed over, a path in double quotes with C's escapes. A carriage return is a part of the path.
[[nodiscard]] std::vector<std::string> parse_alternates(std::string_view text);

struct object_folders {
  std::vector<std::string> paths;  // each once, the repository's own first
  // What is not as it should be, each a phrase of its own: it matters only for an object that is nowhere else.
  std::vector<object_fault> faults;
};

// `objects`: the repository's own, which is there. Alternates of alternates are followed as deep as git does.
[[nodiscard]] object_folders find_object_folders(const std::string& objects);

}  // namespace docteur
