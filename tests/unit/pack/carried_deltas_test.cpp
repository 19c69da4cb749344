#include "pack/carried_deltas.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "pack/candidates.hpp"
#include "pack/delta_encoder.hpp"
#include "pack/edge_cost.hpp"
#include "support/noise.hpp"
#include "support/older_pack.hpp"
#include "support/planned.hpp"

using namespace docteur;

namespace {

std::vector<std::byte> delta_of(const std::string& base, const std::string& target) {
  delta_encoder encoder;
  encoder.set_base(as_bytes(base), {.stride = 1, .chain = 8, .patience = 12, .lazy = 0, .may_give_up = false});
  std::vector<std::byte> delta;
  EXPECT_TRUE(encoder.encode(as_bytes(target), 1 << 20, delta));
  return delta;
}

struct shown_objects final : object_store::observer {
  void see(std::size_t index, bytes content) override {
    const std::lock_guard lock(guard);
    sizes[index] = content.size();
  }
  std::mutex guard;
  std::map<std::size_t, std::size_t> sizes;
};

}  // namespace

TEST(CarriedDeltas, AreThoseThatMakeTheNewObject) {
  const std::string body = noise(4000);
  // Template and page change alike; the second page changes in its own way, too.
  planned of({{"base", "two " + body}, {"other", "two " + body + "own"}, {"page", "two " + body + "end"}});
  const std::uint32_t base = of.index("base"), page = of.index("page"), other = of.index("other");
  older_pack older(of.source.objects().size());
  shown_objects shown;
  older.suggest(page, base, delta_of("one " + body, "one " + body + "end"));
  older.suggest(other, base, delta_of("one " + body, "one " + body + "odd"));
  const auto edges = carry_deltas(older, *of.store, shown, of.eligible, 1 << 20, of.quiet);
  ASSERT_TRUE(edges);
  ASSERT_EQ(edges->size(), 1u);
  EXPECT_EQ(edges->front().target, page);
  EXPECT_EQ(edges->front().base, base);
  EXPECT_EQ(edges->front().cost, delta_cost(20));
  EXPECT_EQ(shown.sizes, (std::map<std::size_t, std::size_t>{{other, of.source.objects()[other].size}}));

  // Neither from a base that is no base, nor from one of another size, nor from rubbish.
  of.eligible[base] = false;
  EXPECT_TRUE(carry_deltas(older, *of.store, shown, of.eligible, 1 << 20, of.quiet)->empty());
  of.eligible[base] = true;
  older.suggest(page, base, delta_of("longer " + body, "two " + body + "end"));
  older.suggest(other, base, {});
  EXPECT_TRUE(carry_deltas(older, *of.store, shown, of.eligible, 1 << 20, of.quiet)->empty());
  older.suggest(page, base, {std::byte{0xff}, std::byte{0xff}});
  EXPECT_TRUE(carry_deltas(older, *of.store, shown, of.eligible, 1 << 20, of.quiet)->empty());
}

TEST(CarriedDeltas, WhatStaysADeltaIsNotMeasured) {
  std::string body;
  for (int i = 0; i < 400; ++i) body += "line " + std::to_string(i * i) + " of the page\n";
  const std::map<std::string, std::string> files{
      {"base", "two " + body}, {"other", "two " + body + "own"}, {"page", "two " + body + "end"}, {"small", "two end"}};
  planned of(files);
  const std::uint32_t base = of.index("base"), page = of.index("page"), other = of.index("other"),
                      small = of.index("small");
  const std::uint64_t whole = of.store->stream_size(page);
  older_pack older(of.source.objects().size());
  older.suggest(page, base, delta_of("one " + body, "one " + body + "end"));
  older.suggest(other, base, delta_of("one " + body, "one " + body + "odd"));
  older.suggest(small, base, delta_of("two " + body, "two end"));
  planned next(files, older);
  const std::uint64_t assumed = assumed_whole(of.source.objects()[page].size).stream_size;
  ASSERT_NE(whole, assumed);
  EXPECT_EQ(next.store->stream_size(page), assumed);
  EXPECT_EQ(next.store->stream_size(other), assumed);
  shown_objects shown;
  const auto edges = carry_deltas(older, *next.store, shown, next.eligible, 1 << 20, next.quiet);
  ASSERT_TRUE(edges);
  ASSERT_EQ(edges->size(), 1u);
  EXPECT_EQ(edges->front().target, page);
  EXPECT_EQ(next.store->stream_size(page), assumed);
  EXPECT_EQ(next.store->stream_size(other), of.store->stream_size(other));
  // This delta is good, but not smaller than the whole.
  EXPECT_EQ(next.store->stream_size(small), of.store->stream_size(small));
  EXPECT_EQ(shown.sizes.size(), 2u);
  EXPECT_TRUE(shown.sizes.contains(other) && shown.sizes.contains(small));
}

TEST(CarriedDeltas, BasesOfFewNewObjectsAreNearThem) {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 50; ++i)
    files["d/" + std::string(1, static_cast<char>('A' + i))] = noise(100 + static_cast<std::size_t>(i));
  planned of(files);
  older_pack older(of.source.objects().size());
  for (std::uint32_t i = 0; i < of.source.objects().size(); ++i) older.keep(i);
  const std::uint32_t fresh = of.index("d/X");
  older.suggest(fresh, of.index("d/A"), {});
  const auto near = near_new_objects(of.source, of.eligible, older.entries(), 2);
  for (const char* path : {"d/V", "d/W", "d/X", "d/Y", "d/Z", "d/A"}) EXPECT_TRUE(near[of.index(path)]) << path;
  EXPECT_EQ(std::ranges::count(near, true), 6);
}
