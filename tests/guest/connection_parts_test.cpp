// Parts of the guest's connections that can be tested without TCP.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "unikernel-example/platform/pvh/path_view.hpp"
#include "unikernel-example/platform/pvh/receive_queue.hpp"
#include "unikernel-example/platform/pvh/sack_option.hpp"
#include "unikernel-example/platform/pvh/send_budget.hpp"

namespace docteur::cache_vm::pvh {
namespace {

bytes of(std::string_view text) { return {reinterpret_cast<const std::byte*>(text.data()), text.size()}; }

std::string take(receive_queue& q, std::size_t n) {
  std::string out(n, '?');
  out.resize(q.take({reinterpret_cast<std::byte*>(out.data()), n}));
  return out;
}

TEST(ReceiveQueue, GivesBackWhatItWasGiven) {
  receive_queue q;
  EXPECT_EQ(take(q, 10), "");
  std::string all;
  std::string got;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
    ASSERT_TRUE(q.append(of(piece)));
    all += piece;
    if (i % 3 == 0) got += take(q, static_cast<std::size_t>(i % 11));
    ASSERT_EQ(q.size(), all.size() - got.size());
  }
  got += take(q, all.size());
  EXPECT_EQ(got, all);
  EXPECT_EQ(q.size(), 0u);
  ASSERT_TRUE(q.append(of("again")));
  EXPECT_EQ(take(q, 100), "again");
}

// However many connections take all that they may, a new one finds as much as each of the others has.
TEST(SendBudget, LeavesRoomForOneMore) {
  constexpr std::size_t kMost = 1 << 20, kLeast = 100, kGreatest = 1 << 16;
  for (const std::size_t slow : {0u, 1u, 10u, 100u, 1000u}) {
    send_budget b(kMost, kLeast, kGreatest);
    std::vector<std::size_t> queued(slow, 0);
    for (int round = 0; round < 200; ++round) {
      for (std::size_t& q : queued) {
        if (b.allowance() <= q) continue;
        const std::size_t now = std::min(b.allowance(), q + 64);
        b.change(std::exchange(q, now), now);
      }
    }
    EXPECT_LE(b.used(), kMost) << slow;
    EXPECT_GE(b.allowance(), std::min(kGreatest, kMost / (slow + 4) - 64)) << slow;
    for (const std::size_t q : queued) b.change(q, 0);
    EXPECT_EQ(b.used(), 0u) << slow;
    EXPECT_EQ(b.allowance(), kGreatest) << slow;
  }
}

TEST(SendBudget, NeverLeavesNobodyAnything) {
  send_budget b(1000, 100, 500);
  b.set_used(5000);
  EXPECT_EQ(b.allowance(), 100u);
  b.change(9000, 0);
  EXPECT_EQ(b.used(), 0u);
}

// Round trips of 20 ms, 60 segments each.
path_view quiet(std::uint64_t lost_in_each) {
  path_view p;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    p.note_loss(lost_in_each);
    p.note_round_trip(i * 20'000, 20'000 + i % 3 * 1000, 60u * 1460);
  }
  return p;
}

TEST(PathView, TellsLossOfABadLinkFromThatOfACrowdedOne) {
  EXPECT_FALSE(quiet(0).is_crowded(1460));
  EXPECT_FALSE(quiet(2 * 1460).is_crowded(1460));
  EXPECT_TRUE(quiet(10 * 1460).is_crowded(1460));  // a sixth counts, whatever the cause
  path_view p = quiet(0);
  p.note_round_trip(500'000, 41'000, 60u * 1460);  // one that waited for lost data
  EXPECT_FALSE(p.is_crowded(1460));
  p.note_round_trip(540'000, 41'000, 60u * 1460);
  EXPECT_TRUE(p.is_crowded(1460));
  p.note_round_trip(560'000, 21'000, 60u * 1460);
  EXPECT_FALSE(p.is_crowded(1460));
  // The path has changed, for longer than the old one is remembered.
  for (std::uint64_t at = 600'000; at < 11'000'000; at += 40'000) p.note_round_trip(at, 41'000, 60u * 1460);
  EXPECT_FALSE(p.is_crowded(1460));
  EXPECT_FALSE(path_view().is_crowded(1460));
}

std::vector<sequence_range> ranges(std::string_view options) {
  const arrived_ranges r = read_sack(of(options));
  return {r.all.begin(), r.all.begin() + static_cast<std::ptrdiff_t>(r.count)};
}

TEST(SackOption, SaysWhatHasArrived) {
  using namespace std::literals;
  const auto two = "\1\1\5\x12\0\0\0\1\0\0\0\2\xff\0\0\0\xff\0\0\3"sv;
  EXPECT_EQ(ranges(two), (std::vector<sequence_range>{{1, 2}, {0xff000000, 0xff000003}}));
  EXPECT_TRUE(ranges("").empty());
  EXPECT_TRUE(ranges("\2\4\5\xb4\1\3\3\7"sv).empty());  // MSS, window scale
  for (const std::string_view bad : {"\5"sv, "\5\0"sv, "\5\1"sv, "\5\2"sv, "\5\x0a\0\0\0\1\0\0\0"sv, "\5\xff\0\0\0\1"sv,
                                     "\0\5\x0a\0\0\0\1\0\0\0\2"sv, "\x63\x1e\5\x0a\0\0\0\1\0\0\0\2"sv})
    EXPECT_TRUE(ranges(bad).empty());
  std::string many;
  for (int i = 0; i < 30; ++i) many += "\5\x0a\0\0\0\1\0\0\0\2"sv;
  EXPECT_EQ(ranges(many).size(), 4u);
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
