#include "pack/followed_plan.hpp"

#include <gtest/gtest.h>

#include "pack/edge_cost.hpp"
#include "support/noise.hpp"
#include "support/older_pack.hpp"
#include "support/planned.hpp"

using namespace docteur;

namespace {

class FollowedPlan : public ::testing::Test {
 protected:
  // The edges that are returned; `targets` is left as they leave it.
  std::vector<delta_edge> follow() {
    targets = of.eligible;
    const auto edges =
        follow_plan(older, *of.store, of.eligible, plan_of(effort::normal).trial, 1 << 20, targets, of.quiet);
    EXPECT_TRUE(edges);
    return edges ? *edges : std::vector<delta_edge>();
  }

  const std::string all = noise(9000), body = all.substr(0, 4000);
  planned of{{{"base", body}, {"page", body + all.substr(4000, 200)}, {"whole", all.substr(4200)}}};
  const std::uint32_t base = of.index("base"), page = of.index("page"), whole = of.index("whole");
  older_pack older{of.source.objects().size()};
  std::vector<bool> targets;
};

}  // namespace

TEST_F(FollowedPlan, IsADeltaOfTheSuggestedBaseThatCostsLikeThePredecessors) {
  older.suggest(page, base, {}, 200);
  const auto edges = follow();
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges.front().target, page);
  EXPECT_EQ(edges.front().base, base);
  EXPECT_FALSE(targets[page]);
  EXPECT_TRUE(targets[base]);
  EXPECT_TRUE(targets[whole]);
}

TEST_F(FollowedPlan, IsLeftWhereTheDeltaGrew) {
  older.suggest(page, base, {}, 100);
  EXPECT_TRUE(follow().empty());
  EXPECT_TRUE(targets[page]);
  older.suggest(page, whole, {}, 200);  // has nothing in common with it
  EXPECT_TRUE(follow().empty());
  EXPECT_TRUE(targets[page]);
  older.suggest(page, base, {}, 200);
  of.eligible[base] = false;
  EXPECT_TRUE(follow().empty());
  EXPECT_TRUE(targets[page]);
}

TEST_F(FollowedPlan, IsTheWholeWhereThePredecessorWas) {
  older.was_whole(whole, of.store->stream_size(whole));
  EXPECT_TRUE(follow().empty());
  EXPECT_FALSE(targets[whole]);
  EXPECT_TRUE(targets[page]);
  older.was_whole(whole, of.store->stream_size(whole) / 2);
  EXPECT_TRUE(follow().empty());
  EXPECT_TRUE(targets[whole]);
}
