#pragma once
// Several commits as one source of objects. Hosted.

#include <memory>
#include <string>
#include <vector>

#include "source/objects/commit_source.hpp"

namespace docteur {

struct named_source {
  std::string name;  // as is_version_name() accepts it
  std::unique_ptr<commit_source> source;
};

// The first of `versions` is the image's commit. Fails with blame::usage for a name that is not valid or there twice,
// and for sources whose ids are of different kinds; with blame::input for an object whose type
// is not the same in all of them.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> combine_versions(std::vector<named_source> versions);

}  // namespace docteur
