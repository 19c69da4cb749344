#include "pack/forest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "pack/entry_writer.hpp"

using namespace docteur;

namespace {

// Returns the number of deltas on the way to object i, or more than the number of objects if it is its own ancestor.
unsigned depth(const std::vector<std::uint32_t>& bases, std::uint32_t i) {
  unsigned n = 0;
  for (; bases[i] != kNoBase && n <= bases.size(); i = bases[i]) ++n;
  return n;
}

std::uint64_t total(const std::vector<std::uint64_t>& whole, const std::vector<delta_edge>& edges,
                    const std::vector<std::uint32_t>& bases) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < bases.size(); ++i) {
    if (bases[i] == kNoBase) sum += whole[i];
    for (const delta_edge& e : edges)
      if (e.target == i && e.base == bases[i]) sum += e.cost;
  }
  return sum;
}

std::vector<delta_edge> random_edges(std::size_t objects, std::size_t of_each, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<delta_edge> edges;
  for (std::uint32_t t = 0; t < objects; ++t)
    for (std::size_t k = 0; k < of_each; ++k) {
      const auto base = static_cast<std::uint32_t>(random() % objects);
      if (base != t) edges.push_back({t, base, 1 + random() % 1200});
    }
  const auto key = [](const delta_edge& e) { return std::tuple(e.target, e.base); };
  std::ranges::sort(edges, {}, key);
  edges.erase(std::unique(edges.begin(), edges.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); }),
              edges.end());
  return edges;
}

// Returns the least possible total, found by trying everything.
std::uint64_t least(const std::vector<std::uint64_t>& whole, const std::vector<delta_edge>& edges, unsigned max_depth,
                    std::vector<std::uint32_t>& bases, std::uint32_t next = 0) {
  if (next == whole.size()) {
    for (std::uint32_t i = 0; i < next; ++i)
      if (depth(bases, i) > max_depth) return ~std::uint64_t{0};
    return total(whole, edges, bases);
  }
  bases[next] = kNoBase;
  std::uint64_t best = least(whole, edges, max_depth, bases, next + 1);
  for (const delta_edge& e : edges) {
    if (e.target != next) continue;
    bases[next] = e.base;
    best = std::min(best, least(whole, edges, max_depth, bases, next + 1));
  }
  bases[next] = kNoBase;
  return best;
}

struct totals {
  std::uint64_t found = 0, best = 0;
};

// Adds up the totals of many forests that are small enough to try everything.
totals of_small_ones(std::size_t kicks) {
  totals sum;
  for (unsigned seed = 0; seed < 60; ++seed) {
    const std::vector<std::uint64_t> whole(7, 1000);
    const std::vector<delta_edge> edges = random_edges(whole.size(), 3, seed);
    std::vector<std::uint32_t> bases(whole.size(), kNoBase);
    sum.best += least(whole, edges, 2, bases);
    sum.found += total(whole, edges, choose_bases({whole, edges, {}}, 2, kicks));
  }
  return sum;
}

}  // namespace

TEST(Forest, NothingToChooseFrom) {
  EXPECT_TRUE(choose_bases({}, 4).empty());
  const std::vector<std::uint64_t> whole{10, 20};
  EXPECT_EQ(choose_bases({whole, {}, {}}, 4), (std::vector<std::uint32_t>{kNoBase, kNoBase}));
}

TEST(Forest, DepthZeroMeansNoDeltas) {
  const std::vector<std::uint64_t> whole{100, 100};
  const std::vector<delta_edge> edges{{0, 1, 5}, {1, 0, 5}};
  EXPECT_EQ(choose_bases({whole, edges, {}}, 0), (std::vector<std::uint32_t>{kNoBase, kNoBase}));
}

TEST(Forest, OfTwoOnlyOneBecomesADelta) {
  const std::vector<std::uint64_t> whole{100, 90};
  const std::vector<delta_edge> edges{{0, 1, 5}, {1, 0, 5}};
  EXPECT_EQ(choose_bases({whole, edges, {}}, 4), (std::vector<std::uint32_t>{1, kNoBase}));
}

TEST(Forest, AnEdgeThatCostsMoreThanTheWholeIsNotTaken) {
  const std::vector<std::uint64_t> whole{100, 90};
  const std::vector<delta_edge> edges{{0, 1, 100}, {1, 0, 95}};
  EXPECT_EQ(choose_bases({whole, edges, {}}, 4), (std::vector<std::uint32_t>{kNoBase, kNoBase}));
}

TEST(Forest, AHubIsFoundWhenTheDepthIsOne) {
  // A chain 0 <- 1 <- 2 <- 3 <- 4 of cheap edges, and a hub 2 that all can use.
  const std::vector<std::uint64_t> whole(5, 100);
  const std::vector<delta_edge> edges{{0, 2, 30}, {1, 0, 5}, {1, 2, 30}, {2, 1, 5}, {3, 2, 5}, {4, 2, 30}, {4, 3, 5}};
  const auto bases = choose_bases({whole, edges, {}}, 1);
  EXPECT_EQ(total(whole, edges, bases), 100u + 30 + 30 + 5 + 30);
}

TEST(Forest, ChainsAreBoundedAndWithoutCircles) {
  for (unsigned max_depth = 0; max_depth <= 5; ++max_depth) {
    const std::vector<std::uint64_t> whole(600, 1000);
    const std::vector<delta_edge> edges = random_edges(whole.size(), 6, max_depth);
    const auto bases = choose_bases({whole, edges, {}}, max_depth);
    for (std::uint32_t i = 0; i < bases.size(); ++i) EXPECT_LE(depth(bases, i), max_depth);
  }
}

TEST(Forest, IsNearTheBestThereIs) {
  const auto [found, best] = of_small_ones(0);
  EXPECT_GE(found, best);
  EXPECT_LE(found, best + best / 30);
}

TEST(Forest, ASearchFindsNothingWorseAndKeepsTheRules) {
  std::uint64_t plain = 0, searched = 0;
  for (unsigned max_depth = 0; max_depth <= 4; ++max_depth) {
    const std::vector<std::uint64_t> whole(500, 1000);
    const std::vector<delta_edge> edges = random_edges(whole.size(), 6, max_depth);
    const forest_costs costs{whole, edges, {}};
    const auto bases = choose_bases(costs, max_depth, 2000);
    for (std::uint32_t i = 0; i < bases.size(); ++i) EXPECT_LE(depth(bases, i), max_depth);
    EXPECT_EQ(bases, choose_bases(costs, max_depth, 2000)) << "the same input gives the same result";
    EXPECT_LE(total(whole, edges, bases), total(whole, edges, choose_bases(costs, max_depth)));
    plain += total(whole, edges, choose_bases(costs, max_depth));
    searched += total(whole, edges, bases);
  }
  EXPECT_LT(searched, plain);
}

TEST(Forest, ASearchFindsTheBestOfAFew) {
  const auto [found, best] = of_small_ones(200);
  EXPECT_GE(found, best);
  EXPECT_LE(found, best + best / 500);
}

TEST(Forest, EntriesFollowTheirBasesInCanonicalOrderElse) {
  const std::vector<std::uint32_t> bases{kNoBase, 3, kNoBase, 4, kNoBase, 1};
  EXPECT_EQ(entry_order(bases), (std::vector<std::uint32_t>{0, 4, 3, 1, 2, 5}));
}

TEST(Forest, WhatIsKeptStaysAndLengthensChains) {
  // Object 0 is kept, two deltas deep; 1 is cheap on it, 2 on 1, 3 on 2.
  std::vector<kept_entry> kept(4);
  kept[0] = {.kept = true, .stream_size = 10, .delta_size = 10, .base = kNoBase, .depth = 2};
  const std::vector<std::uint64_t> whole(4, 1000);
  const std::vector<delta_edge> edges = {{1, 0, 10}, {2, 1, 10}, {3, 2, 10}};
  for (const std::size_t kicks : {std::size_t{0}, std::size_t{50}}) {
    const forest_costs costs{whole, edges, {}, kept};
    EXPECT_EQ(choose_bases(costs, 5, kicks), (std::vector<std::uint32_t>{kNoBase, 0, 1, 2}));
    // Depth 4 has room for two more deltas: one of the three is whole.
    const auto bases = choose_bases(costs, 4, kicks);
    EXPECT_EQ(std::ranges::count(bases, kNoBase), 2);
    EXPECT_NE(bases, (std::vector<std::uint32_t>{kNoBase, 0, 1, 2}));
    // Depth 2 has none below the kept one.
    EXPECT_EQ(choose_bases(costs, 2, kicks)[1], kNoBase);
  }
  EXPECT_EQ(choose_bases_quickly({whole, edges, {}, kept}, 2)[1], kNoBase);
}
