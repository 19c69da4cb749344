// Which ranges are asked for.
#include "update/range_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

using namespace docteur;

namespace {

range_list list(std::initializer_list<byte_range> r) { return r; }

std::string text(const range_list& ranges) {
  std::string s;
  for (const byte_range& r : ranges) s += std::to_string(r.offset) + "+" + std::to_string(r.size) + " ";
  return s;
}

// A set of bytes, as a list and one by one.
struct byte_set {
  std::vector<bool> has = std::vector<bool>(200);
  [[nodiscard]] range_list ranges() const {
    range_list out;
    for (std::size_t i = 0; i < has.size(); ++i) {
      if (!has[i]) continue;
      if (!out.empty() && out.back().offset + out.back().size == i) {
        ++out.back().size;
      } else {
        out.push_back({i, 1});
      }
    }
    return out;
  }
};

byte_set set_of(const range_list& ranges) {
  byte_set s;
  for (const byte_range& r : ranges) std::fill_n(s.has.begin() + static_cast<std::ptrdiff_t>(r.offset), r.size, true);
  return s;
}

}  // namespace

TEST(RangePlan, SetsOfBytes) {
  EXPECT_EQ(text(without(list({{0, 10}}), list({{2, 3}, {8, 5}}))), "0+2 5+3 ");
  EXPECT_EQ(text(joined(list({{0, 2}, {10, 1}}), list({{2, 3}, {4, 2}}))), "0+6 10+1 ");
  EXPECT_EQ(text(without(list({{0, 10}}), list({{0, 10}}))), "");
  std::mt19937 dice(7);
  for (int round = 0; round < 2000; ++round) {
    byte_set a, b;
    for (auto* s : {&a, &b})
      for (unsigned n = dice() % 8; n > 0; --n)
        std::fill_n(s->has.begin() + static_cast<std::ptrdiff_t>(dice() % 180), dice() % 20, true);
    byte_set both, only;
    for (std::size_t i = 0; i < a.has.size(); ++i) {
      both.has[i] = a.has[i] || b.has[i];
      only.has[i] = a.has[i] && !b.has[i];
    }
    ASSERT_EQ(text(joined(a.ranges(), b.ranges())), text(both.ranges()));
    ASSERT_EQ(text(without(a.ranges(), b.ranges())), text(only.ranges()));
    ASSERT_EQ(text(common(a.ranges(), b.ranges())), text(without(a.ranges(), only.ranges())));
    ASSERT_EQ(total_size(a.ranges()), static_cast<std::uint64_t>(std::ranges::count(a.has, true)));
  }
}

TEST(RangePlan, TheSmallestGapsAreFetchedToo) {
  const range_list missing = list({{0, 10}, {15, 5}, {120, 10}, {140, 10}, {160, 10}});  // gaps 5, 100, 10, 10
  EXPECT_EQ(text(merged(missing, {.gap = 0, .requests = 9})), text(missing));
  EXPECT_EQ(text(merged(missing, {.gap = 6, .requests = 9})), "0+20 120+10 140+10 160+10 ");
  EXPECT_EQ(text(merged(missing, {.gap = 0, .requests = 4})), "0+20 120+10 140+10 160+10 ");
  EXPECT_EQ(text(merged(missing, {.gap = 0, .requests = 2})), "0+20 120+50 ");
  EXPECT_EQ(text(merged(missing, {.gap = 0, .requests = 1})), "0+170 ");
  EXPECT_EQ(text(merged({}, {.gap = 9, .requests = 9})), "");
}

TEST(RangePlan, AsManyRequestsAsAllowedAndNoByteLess) {
  std::mt19937 dice(8);
  for (int round = 0; round < 500; ++round) {
    byte_set s;
    for (std::size_t i = 0; i < s.has.size(); ++i) s.has[i] = dice() % 3 == 0;
    const range_list missing = s.ranges();
    const request_bounds bounds{.gap = dice() % 4, .requests = 1 + dice() % 20};
    const range_list asked = merged(missing, bounds);
    ASSERT_LE(asked.size(), bounds.requests);
    ASSERT_EQ(text(without(missing, asked)), "");
    for (const byte_range& r : asked) {
      ASSERT_TRUE(s.has[r.offset] && s.has[r.offset + r.size - 1]);
    }
    ASSERT_EQ(text(set_of(asked).ranges()), text(asked)) << "touching or overlapping";
  }
}

TEST(RangePlan, Groups) {
  const range_list missing = list({{0, 1}, {2, 1}, {4, 1}, {6, 1}, {8, 1}});
  EXPECT_EQ(text(grouped(missing, 2)), "0+5 6+3 ");
  EXPECT_EQ(text(grouped(missing, 3)), "0+3 4+3 8+1 ");
  EXPECT_EQ(text(grouped(missing, 5)), text(missing));
  EXPECT_EQ(text(grouped(missing, 9)), text(missing));
  EXPECT_EQ(text(grouped({}, 9)), "");
}
