#include "survey/version_survey.hpp"

#include <gtest/gtest.h>

#include <set>

#include "host/heap.hpp"
#include "reader/attached_image.hpp"
#include "support/made_image.hpp"
#include "support/noise.hpp"
#include "support/opened.hpp"
#include "support/version_source.hpp"

namespace docteur {
namespace {

// "big" is the same in all versions, "two" in two of them, "own" differs. `alias` has the commit of `b`.
const std::map<std::string, std::string> kA = {
    {"big", noise(50'000, 1)}, {"own", noise(1000, 2)}, {"two", noise(3000, 3)}};
const std::map<std::string, std::string> kB = {
    {"big", noise(50'000, 1)}, {"own", noise(2000, 4)}, {"two", noise(3000, 3)}};
const std::map<std::string, std::string> kC = {{"big", noise(50'000, 1)}, {"d/own", noise(4000, 5)}};

struct surveyed {
  explicit surveyed(const made_image& of) {
    EXPECT_TRUE(image.attach(memory_device(of.content), heap_memory()));
    auto s = survey_image(image.snapshot());
    EXPECT_TRUE(s);
    survey = std::move(*s);
    totals = add_up(survey);
    auto v = survey_versions(image.image(), survey);
    if (!v) throw std::runtime_error(v.error().what);
    versions = std::move(*v);
  }
  attached_image image;
  image_survey survey;
  survey_totals totals;
  version_survey versions;
};

TEST(VersionSurvey, AddsUpToTheWhole) {
  const made_image made(*versions_of({{"a", kA}, {"b", kB}, {"c", kC}, {"alias", kB}}));
  const surveyed s(made);
  const auto& all = s.versions.versions;
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].names, std::vector<std::string>{"a"});
  EXPECT_EQ(all[1].names, (std::vector<std::string>{"b", "alias"}));
  EXPECT_EQ(all[0].paths, 4u);
  EXPECT_EQ(all[2].paths, 4u);
  object_sum sum = s.versions.several;
  for (const surveyed_version& v : all) sum += v.only;
  sum += s.versions.none;
  EXPECT_EQ(sum.objects, s.totals.all.objects);
  EXPECT_EQ(sum.packed, s.totals.all.packed);
  EXPECT_EQ(sum.content, s.totals.all.content);
  std::uint64_t image = sum.packed;
  for (const image_part& p : s.survey.parts) image += p.bytes;
  EXPECT_EQ(image, made.content.size());
}

TEST(VersionSurvey, TellsWhatOneHasFromWhatIsShared) {
  const surveyed s(made_image(*versions_of({{"a", kA}, {"b", kB}, {"c", kC}})));
  const auto& all = s.versions.versions;
  // Of each version: commit, root, own file; of c a folder more.
  EXPECT_EQ(all[0].only.objects, 3u);
  EXPECT_EQ(all[1].only.objects, 3u);
  EXPECT_EQ(all[2].only.objects, 4u);
  EXPECT_GE(all[0].only.content, 1000u);
  EXPECT_LT(all[0].only.content, 1500u);
  EXPECT_GE(all[1].only.packed, 2000u);
  EXPECT_LT(all[1].only.packed, 2500u);
  EXPECT_EQ(all[0].shared.content, 53'000u);
  EXPECT_EQ(all[1].shared.content, 53'000u);
  EXPECT_EQ(all[2].shared.content, 50'000u);
  EXPECT_EQ(s.versions.several.objects, 2u);
  EXPECT_EQ(s.versions.several.content, 53'000u);
  EXPECT_EQ(s.versions.none.objects, 0u);
}

TEST(VersionSurvey, OneCommitSharesNothing) {
  const surveyed one(made_image(*versions_of({{"a", kA}, {"b", kA}})));
  ASSERT_EQ(one.versions.versions.size(), 1u);
  EXPECT_EQ(one.versions.versions[0].only.packed, one.totals.all.packed);
  EXPECT_EQ(one.versions.several.objects, 0u);
  const surveyed unnamed{made_image(kA)};
  EXPECT_TRUE(unnamed.versions.versions.empty());
}

}  // namespace
}  // namespace docteur
