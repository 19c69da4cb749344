#include "pack/features.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "support/noise.hpp"
#include "support/planned.hpp"

using namespace docteur;

namespace {

std::set<std::uint32_t> sketch_of(const std::string& content, std::size_t most = 1 << 20) {
  std::vector<std::uint32_t> out;
  sketch(as_bytes(content), most, out);
  EXPECT_LE(out.size(), most);
  return {out.begin(), out.end()};
}

std::size_t shared(const std::set<std::uint32_t>& a, const std::set<std::uint32_t>& b) {
  return static_cast<std::size_t>(std::ranges::count_if(a, [&](std::uint32_t hash) { return b.contains(hash); }));
}

}  // namespace

TEST(Features, OfARunAreFoundWhereverItLies) {
  const std::string all = noise(60'000);
  const std::string run = all.substr(0, 20'000), front = all.substr(20'000, 17'001), other = all.substr(40'000);
  const std::size_t of_run = sketch_of(run).size();
  EXPECT_GT(of_run, 400u);  // one window in 32 is sampled
  EXPECT_LT(of_run, 900u);
  EXPECT_GE(shared(sketch_of(run), sketch_of(front + run)), of_run - 1);
  EXPECT_LE(shared(sketch_of(run), sketch_of(other)), 1u);
}

TEST(Features, OfSmallObjectsAreDenser) {
  const std::string text = noise(4095);
  EXPECT_GT(sketch_of(text).size(), 3 * sketch_of(text + "x").size());
}

TEST(Features, NoneBelowOneWindow) {
  EXPECT_TRUE(sketch_of("").empty());
  for (std::size_t size = 1; size < 32; ++size) EXPECT_TRUE(sketch_of(std::string(size, 'a')).empty());
}

TEST(Features, TheSmallestAreTakenWhereThereAreTooMany) {
  const std::string text = noise(30'000);
  const std::set<std::uint32_t> all = sketch_of(text), few = sketch_of(text, 50);
  EXPECT_EQ(few.size(), 50u);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), all.begin()));
}

TEST(Features, OnlyThoseOfSeveralObjectsStay) {
  const std::string all = noise(40'000);
  const std::string run = all.substr(0, 10'000);
  planned of(
      {{"a", run + all.substr(10'000, 10'000)}, {"b", all.substr(20'000, 10'000) + run}, {"c", all.substr(30'000)}});
  const std::span<const feature> found = of.features->finish();
  EXPECT_TRUE(std::ranges::is_sorted(found));
  EXPECT_GE(found.size(), 2 * (sketch_of(run).size() - 1));
  std::map<std::uint32_t, std::set<std::uint32_t>> objects;
  for (const feature f : found) objects[window_hash(f)].insert(object_index(f));
  for (const auto& [hash, of_hash] : objects) EXPECT_GT(of_hash.size(), 1u);
  EXPECT_EQ(std::ranges::count_if(objects, [&](const auto& o) { return o.second.contains(of.index("c")); }), 0);
}

TEST(Features, ThoseWithoutAPartInDeltasHaveNone) {
  const std::string run = noise(10'000);
  memory_source source({{"a", run}, {"b", run + "b"}, {"c", run + "c"}});
  std::vector<bool> eligible(source.objects().size(), true);
  eligible[source.find("b")] = false;
  feature_collector features(source.objects(), eligible, 1 << 20);
  for (std::size_t i = 0; i < source.objects().size(); ++i) features.see(i, as_bytes(source.content(i)));
  const std::span<const feature> found = features.finish();
  EXPECT_FALSE(found.empty());
  for (const feature f : found) EXPECT_NE(object_index(f), source.find("b"));
}

// What is left out has no part in the bases of the targets.
TEST(Features, OfOtherObjectsThanTheTargetsAreFew) {
  const std::string all = noise(60'000);
  const std::map<std::string, std::string> files = {{"a", all.substr(0, 20'000)},
                                                    {"b", all.substr(0, 15'000)},
                                                    {"c", all.substr(30'000, 20'000)},
                                                    {"d", all.substr(30'000, 18'000)}};
  planned one(files), other(files);
  std::vector<bool> targets(one.source.objects().size());
  targets[one.index("a")] = true;
  const std::span<const feature> found = one.features->finish(targets), whole = other.features->finish();
  std::vector<feature> of_a;
  const std::uint32_t a = one.index("a"), b = one.index("b");
  std::ranges::copy_if(whole, std::back_inserter(of_a),
                       [&](feature f) { return object_index(f) == a || object_index(f) == b; });
  for (const feature f : of_a) EXPECT_TRUE(std::ranges::binary_search(found, f));
  EXPECT_LT(found.size(), of_a.size() + (whole.size() - of_a.size()) / 8);
}
