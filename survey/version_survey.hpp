#pragma once
// What each version of an image costs. Hosted.

#include <string>
#include <vector>

#include "survey/survey_totals.hpp"

namespace docteur {

// The versions of one commit.
struct surveyed_version {
  std::vector<std::string> names;  // the branch's or tag's own first
  oid commit;
  std::uint32_t paths = 0;  // with the root
  // Entries that the commit, its tree and the tags that lead to it reach: those that no other version reaches, and
  // those that some other does.
  object_sum only;
  object_sum shared;
};

// `only` of all versions, `several` and `none` add up to survey_totals::all.
struct version_survey {
  std::vector<surveyed_version> versions;  // in the order of the list; empty for an image without names
  object_sum several;                      // entries that several versions reach, each once
  object_sum none;                         // entries that none reaches
};

// `s`: the survey of the image of `from`. Attaches one version after the other. Errors: those of version_list::load()
// and snapshot::attach(); malformed if a commit or a tag is not in the image.
[[nodiscard]] result<version_survey> survey_versions(const image& from, const image_survey& s);

}  // namespace docteur
