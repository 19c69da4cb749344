#include "pack/planner.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/threads.hpp"
#include "pack/forest.hpp"
#include "support/noise.hpp"
#include "support/planned.hpp"

using namespace docteur;

namespace {

// Returns families of files; in each, every version is a little longer than the one before.
std::map<std::string, std::string> versions(unsigned families, unsigned of_each) {
  std::map<std::string, std::string> files;
  const std::string all = noise(families * 40'000);
  for (unsigned f = 0; f < families; ++f)
    for (unsigned v = 0; v < of_each; ++v)
      files["family" + std::to_string(f) + "/v" + std::to_string(v)] = all.substr(f * 40'000, 20'000 + v * 500);
  return files;
}

plan_limits limits_of(unsigned max_depth, purpose p = purpose::size) {
  return {.effort = plan_of(effort::normal),
          .purpose = p,
          .max_depth = max_depth,
          .cache_bytes = 16 << 20,
          .kept = nullptr,
          .pair_bytes = 16 << 20};
}

outcome<std::vector<std::uint32_t>> plan(planned& of, const plan_limits& limits, unsigned threads = 2) {
  DOCTEUR_TRY(planned, with_threads(threads, [&] {
                return plan_deltas(of.source, *of.store, std::move(of.features), of.eligible, limits, of.quiet);
              }));
  EXPECT_TRUE(planned.carried.empty()) << "nothing is kept";
  return std::move(planned.bases);
}

unsigned depth_of(const std::vector<std::uint32_t>& bases, std::size_t i) {
  unsigned depth = 0;
  for (std::uint32_t a = bases[i]; a != kNoBase; a = bases[a]) ++depth;
  return depth;
}

}  // namespace

TEST(Planner, VersionsBecomeDeltasOfTheirFamily) {
  planned of(versions(4, 6));
  const auto bases = plan(of, limits_of(4));
  ASSERT_TRUE(bases) << bases.error().message;
  for (unsigned f = 0; f < 4; ++f) {
    unsigned whole = 0;
    for (unsigned v = 0; v < 6; ++v) {
      const std::string family = "family" + std::to_string(f);
      const std::uint32_t base = (*bases)[of.index(family + "/v" + std::to_string(v))];
      if (base == kNoBase)
        ++whole;
      else
        EXPECT_TRUE(of.source.path(base).starts_with(family + "/")) << of.source.path(base);
    }
    EXPECT_EQ(whole, 1u) << f;
  }
}

TEST(Planner, ChainsKeepToTheirBound) {
  for (const unsigned most : {1u, 2u, 3u}) {
    planned of(versions(2, 12));
    const auto bases = plan(of, limits_of(most));
    ASSERT_TRUE(bases) << bases.error().message;
    for (std::size_t i = 0; i < bases->size(); ++i) EXPECT_LE(depth_of(*bases, i), most);
  }
}

TEST(Planner, WhatHasNoPartStaysWhole) {
  planned of(versions(1, 6));
  of.eligible[of.index("family0/v3")] = false;
  of.features = std::make_unique<feature_collector>(of.source.objects(), of.eligible, std::size_t{1} << 20);
  for (std::size_t i = 0; i < of.source.objects().size(); ++i) of.features->see(i, as_bytes(of.source.content(i)));
  const auto bases = plan(of, limits_of(4));
  ASSERT_TRUE(bases) << bases.error().message;
  EXPECT_EQ((*bases)[of.index("family0/v3")], kNoBase);
  for (const std::uint32_t base : *bases) EXPECT_NE(base, of.index("family0/v3"));
}

TEST(Planner, ThreadsMakeNoDifference) {
  std::optional<std::vector<std::uint32_t>> first;
  for (const unsigned threads : {1u, 2u, 7u}) {
    planned of(versions(8, 7));
    const auto bases = plan(of, limits_of(4, purpose::balance), threads);
    ASSERT_TRUE(bases) << bases.error().message;
    if (first)
      EXPECT_EQ(*bases, *first) << threads;
    else
      first = *bases;
  }
}
