#pragma once
// The object folders of a repository: its own and those of its alternates (`git help gitrepository-layout`,
// objects/info/alternates). Hosted.

#include <string>
#include <string_view>
#include <vector>

#include "source/objects/object_fault.hpp"

namespace docteur {

// The paths in a file of alternates, as git reads it: one on each line, in double quotes with C's escapes or without;
// empty lines and lines that begin with '#' are skipped. A carriage return is part of the path.
[[nodiscard]] std::vector<std::string> parse_alternates(std::string_view text);

struct object_folders {
  std::vector<std::string> paths;  // each once, the repository's own first
  // What is wrong with them, each a phrase of its own. It matters only for an object that is nowhere else.
  std::vector<object_fault> faults;
};

// `objects`: the repository's own folder, which exists. Alternates of alternates are followed as deeply as git follows
// them.
[[nodiscard]] object_folders find_object_folders(const std::string& objects);

}  // namespace docteur
