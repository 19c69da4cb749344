#include "pack/candidates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/noise.hpp"
#include "support/planned.hpp"

using namespace docteur;

namespace {

std::vector<delta_pair> find(planned& of, const candidate_limits& limits) {
  return find_candidates(of.source, of.eligible, of.features->finish(), limits);
}

bool has(const std::vector<delta_pair>& pairs, std::uint32_t base, std::uint32_t target) {
  return std::ranges::count(pairs, delta_pair{base, target}) == 1;
}

}  // namespace

// Computed by hand: each character moves the hash down by two bits and is added at the top; white space is skipped.
TEST(Candidates, NamesHashAsInGit) {
  EXPECT_EQ(name_hash(""), 0u);
  EXPECT_EQ(name_hash("a"), 0x61000000u);
  EXPECT_EQ(name_hash("ab"), 0x7a400000u);
  EXPECT_EQ(name_hash("a b\t"), 0x7a400000u);
  // The end of a name weighs most: names with equal ends are close, whatever comes before.
  const auto distance = [](std::string_view a, std::string_view b) {
    const std::int64_t between = std::int64_t{name_hash(a)} - name_hash(b);
    return between < 0 ? -between : between;
  };
  EXPECT_LT(distance("src/one/Makefile", "lib/two/Makefile"), distance("src/one/Makefile", "src/one/main.c"));
}

TEST(Candidates, ThoseThatShareMostComeFirst) {
  const std::string all = noise(200'000);
  const std::string run = all.substr(0, 20'000);
  planned of({{"z/target.html", run},
              {"a/half.txt", run.substr(0, 10'000) + all.substr(60'000, 10'000)},
              {"b/most.css", run.substr(0, 18'000) + all.substr(70'000, 2'000)},
              {"c/other.js", all.substr(100'000, 20'000)}});
  const std::uint32_t target = of.index("z/target.html");
  const auto one = find(of, {.best = 1, .reach = 10, .neighbours = 0});
  EXPECT_TRUE(has(one, of.index("b/most.css"), target));
  EXPECT_FALSE(has(one, of.index("a/half.txt"), target));
  for (const delta_pair& p : one) EXPECT_NE(p.base, of.index("c/other.js"));
  planned again({{"a", run}, {"b", run.substr(0, 15'000)}, {"c", run.substr(5'000)}});
  const auto both = find(again, {.best = 2, .reach = 10, .neighbours = 0});
  for (const char* base : {"a", "b", "c"})
    for (const char* to : {"a", "b", "c"})
      EXPECT_EQ(has(both, again.index(base), again.index(to)), std::string_view(base) != to) << base << to;
}

TEST(Candidates, SmallNeighboursByNameAreTriedAnyway) {
  planned of({{"de/index.html", "Guten Tag, und willkommen"}, {"en/index.html", "Good morning, and welcome"}});
  const auto none = find(of, {.best = 4, .reach = 10, .neighbours = 0});
  EXPECT_FALSE(has(none, of.index("de/index.html"), of.index("en/index.html")));
  const auto found = find(of, {.best = 4, .reach = 10, .neighbours = 1});
  EXPECT_TRUE(has(found, of.index("de/index.html"), of.index("en/index.html")));
  EXPECT_TRUE(has(found, of.index("en/index.html"), of.index("de/index.html")));
}

TEST(Candidates, ArePairsOfOneTypeInOrder) {
  std::map<std::string, std::string> files;
  const std::string all = noise(30'000);
  for (std::size_t i = 0; i < 40; ++i)
    files["folder" + std::to_string(i % 5) + "/file" + std::to_string(i)] = all.substr(i * 100, 9'000);
  planned of(files);
  const auto pairs = find(of, {.best = 8, .reach = 24, .neighbours = 2});
  ASSERT_FALSE(pairs.empty());
  EXPECT_TRUE(std::ranges::is_sorted(pairs));
  EXPECT_EQ(std::ranges::adjacent_find(pairs), pairs.end());
  const auto objects = of.source.objects();
  for (const delta_pair& p : pairs) {
    EXPECT_NE(p.base, p.target);
    EXPECT_EQ(objects[p.base].type, objects[p.target].type);
  }
}
