#include "mount/listing_demand.hpp"

#include <gtest/gtest.h>

using namespace docteur;

namespace {

unsigned listings_with_all(listing_demand& demand, unsigned most) {
  unsigned n = 0;
  while (n < most && demand.wants_all(true)) ++n;
  return n;
}

}  // namespace

TEST(ListingDemand, NamesAreEnoughUntilAFileIsLookedUp) {
  listing_demand demand;
  EXPECT_EQ(listings_with_all(demand, 1000), listing_demand::kFirst);
  EXPECT_FALSE(demand.wants_all(true));
  demand.looked_up();
  EXPECT_EQ(listings_with_all(demand, 1000), listing_demand::kListings);
  EXPECT_FALSE(demand.wants_all(true));
}

TEST(ListingDemand, LookupsMeanwhileAddNothing) {
  listing_demand demand;
  EXPECT_TRUE(demand.wants_all(true));
  demand.looked_up();
  EXPECT_EQ(listings_with_all(demand, 1000), listing_demand::kFirst - 1);
}

TEST(ListingDemand, ALongListingCountsOnce) {
  listing_demand demand;
  EXPECT_TRUE(demand.wants_all(true));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(demand.wants_all(false));
  EXPECT_EQ(listings_with_all(demand, 1000), listing_demand::kFirst - 1);
  EXPECT_FALSE(demand.wants_all(false));
}
