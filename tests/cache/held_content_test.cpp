// Content that slow clients hold in memory is bounded, is taken from those that are stuck, and is always right.

#include <gtest/gtest.h>

#include "cache/large_site.hpp"

namespace docteur::cache_vm {
namespace {

class HeldContentInCoding : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Codings, HeldContentInCoding, testing::Values("deflate", "gzip"));

TEST_P(HeldContentInCoding, IsTakenFromTheStuckAndReadAgain) {
  large_site s;
  s.coding = GetParam();
  std::vector<std::unique_ptr<fake_connection>> clients;
  for (std::size_t i = 0; i < kFiles; ++i) {
    clients.push_back(s.ask(i));
    EXPECT_EQ(status_of(clients[i]->sent), 200) << i;
    EXPECT_LE(s.mounted().live_bytes(), kBudget) << i;
  }
  EXPECT_GT(s.mounted().held().taken(), 0u);
  // All are requested again, as ranges, while the others wait; then all clients read in turns, in unequal pieces.
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string ranges =
        i % kKinds == coded ? "Range: bytes=7-99999,200000-\r\nIf-Range: " + field_of(clients[i]->sent, "ETag") + "\r\n"
                            : "Range: bytes=100000-299999,400000-2999999\r\n";
    clients.push_back(s.ask(i, ranges));
    EXPECT_EQ(status_of(clients.back()->sent), 206) << i;
    EXPECT_LE(s.mounted().live_bytes(), kBudget) << i;
  }
  const auto goes_on = [](const auto& c) { return !c->is_over(); };
  for (std::size_t turn = 1; std::ranges::any_of(clients, goes_on); ++turn) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (clients[i]->is_over() || turn % (i % 3 + 1) != 0) continue;
      clients[i]->window = 40'000 + 9'000 * i;
      clients[i]->drain(clients[i]->taken);
      s.http->ready(*clients[i]);
      s.work();
      ASSERT_LE(s.mounted().live_bytes(), kBudget);
    }
  }
  for (std::size_t i = 0; i < kFiles; ++i) {
    EXPECT_TRUE(clients[i]->closed && s.content_of(*clients[i]) == s.texts[i]) << i;
    const fake_connection& parts = *clients[kFiles + i];
    EXPECT_TRUE(parts.closed) << i;
    if (i % kKinds == coded) {
      EXPECT_EQ(field_of(clients[i]->sent, "Content-Encoding"), GetParam()) << i;
      const std::string body = body_of(clients[i]->sent);
      EXPECT_NE(parts.sent.find(body.substr(7, 99'993)), std::string::npos) << i;
      EXPECT_NE(parts.sent.find(body.substr(200'000)), std::string::npos) << i;
      continue;
    }
    EXPECT_NE(parts.sent.find(s.texts[i].substr(100'000, 200'000)), std::string::npos) << i;
    EXPECT_NE(parts.sent.find(s.texts[i].substr(400'000)), std::string::npos) << i;
  }
  EXPECT_EQ(s.mounted().live_bytes(), 0u);
  EXPECT_EQ(s.machine->http().counts().faults, 0u);
}

// Clients whose content was taken away wait for the others, also for ranges: each slice of work serves one.
TEST(HeldContent, IsReadAgainWhenOthersHadTheirTurn) {
  for (const std::string_view range :
       {"", "Range: bytes=1000-2999999\r\n", "Range: bytes=1000-1399999,1500000-2999999\r\n"}) {
    large_site s;
    std::vector<std::unique_ptr<fake_connection>> clients;
    for (std::size_t i = 0; i < kFiles; ++i) clients.push_back(s.ask(i, range));
    const auto served = [&clients] {
      return std::ranges::count_if(clients, [](const auto& c) { return c->sent.size() > 1000; });
    };
    for (const auto& c : clients) {
      c->window = 50'000;
      c->drain(c->taken);
      s.http->ready(*c);
    }
    const auto held = static_cast<std::size_t>(served());
    EXPECT_LT(held, kFiles) << range;
    for (std::size_t n = held + 1; n <= kFiles; ++n) {
      EXPECT_EQ(s.machine->work(0), n < kFiles) << range;
      EXPECT_EQ(served(), static_cast<std::ptrdiff_t>(n)) << range;
    }
  }
}

// Content that many clients share stays: it is little for each.
TEST(HeldContent, OfManyStays) {
  large_site s;
  std::vector<std::unique_ptr<fake_connection>> readers, others;
  for (std::size_t i = 0; i < kSize / content_ledger::kOwn + 1; ++i) readers.push_back(s.ask(stored));
  for (std::size_t i = 4; i < kFiles; ++i) others.push_back(s.ask(i));
  const std::uint64_t taken = s.mounted().held().taken();
  EXPECT_GT(taken, 0u);
  const std::uint64_t misses = s.mounted().cache().count().misses;
  for (const auto& c : readers) {
    s.read_to_end(*c);
    EXPECT_TRUE(body_of(c->sent) == s.texts[stored]);
  }
  EXPECT_EQ(s.mounted().cache().count().misses, misses);
  EXPECT_EQ(s.mounted().held().taken(), taken);
}

// A delta is made of its base, for which the reader needs memory that stuck clients, or the cache, have.
TEST(HeldContent, GoesWhenTheReaderLacksMemory) {
  for (const std::uint64_t cache : {0u, 64u << 20}) {
    large_site s(std::uint64_t{1} << 30, cache);
    std::vector<std::unique_ptr<fake_connection>> stuck;
    for (const std::size_t i : {plain, stored}) {
      stuck.push_back(s.ask(i));
      ASSERT_EQ(status_of(stuck.back()->sent), 200);
    }
    ASSERT_GT(s.mounted().live_bytes(), kSize);
    s.on.lacks = [&s](std::size_t size) { return size >= kSize && s.mounted().live_bytes() > kSize; };
    const auto other = s.ask(kKinds + delta);
    EXPECT_EQ(status_of(other->sent), 200);
    EXPECT_GT(s.mounted().held().taken(), 0u);
    stuck.push_back(s.ask(delta));
    for (std::size_t i = 0; i < stuck.size(); ++i) {
      s.read_to_end(*stuck[i]);
      EXPECT_TRUE(body_of(stuck[i]->sent) == s.texts[i]) << i;
    }
    s.read_to_end(*other);
    EXPECT_TRUE(body_of(other->sent) == s.texts[kKinds + delta]);
  }
}

// A client that reads now and then keeps its content longer than a stuck one.
TEST(HeldContent, GoesInTheOrderOfWhoIsStuckLongest) {
  large_site s;
  const auto reads = s.ask(0);
  const auto stuck = s.ask(1);
  std::vector<std::unique_ptr<fake_connection>> others;
  for (std::size_t i = 4; s.mounted().held().taken() == 0; ++i) {
    reads->drain(reads->taken);
    s.http->ready(*reads);
    others.push_back(s.ask(i));
  }
  // Content that a client holds is found.
  const std::uint64_t misses = s.mounted().cache().count().misses;
  others.push_back(s.ask(0));
  EXPECT_EQ(s.mounted().cache().count().misses, misses);
  others.push_back(s.ask(1));
  EXPECT_EQ(s.mounted().cache().count().misses, misses + 1);
  s.read_to_end(*stuck);
  EXPECT_TRUE(body_of(stuck->sent) == s.texts[1]);
}

// Content that is read again is compared with its id again.
TEST(HeldContent, ThatChangesOnTheDiskBreaksOff) {
  for (const std::size_t which : {plain, stored, delta}) {
    large_site s;
    const auto first = s.ask(which);
    std::vector<std::unique_ptr<fake_connection>> others;
    for (std::size_t i = 4; s.mounted().held().taken() == 0; ++i) others.push_back(s.ask(i));
    // For the delta its base is damaged, which is read anew.
    const std::uint64_t at = s.mounted().reader().objects().device_offset(s.offsets[which == delta ? 0 : which]);
    s.raw[at + kSize / 10] ^= std::byte{1};
    s.read_to_end(*first);
    EXPECT_TRUE(first->aborted) << which;
    EXPECT_LT(body_of(first->sent).size(), kSize) << which;
    EXPECT_EQ(s.machine->http().counts().faults, 1u) << which;
  }
}

// The content of small files is taken away as well: a thousand of them are too much for a small machine.
TEST(HeldContent, OfSmallFilesIsBoundedToo) {
  constexpr std::size_t files = 100, size = 50'000;
  image_maker m;
  tree_text top;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < files; ++i) {
    texts.push_back(prose(size, static_cast<unsigned>(i)));
    top.add("100644", "file" + std::to_string(1000 + i), m.add_blob(texts[i]));
  }
  const oid root = m.add_tree(top);
  site_image image;
  image.raw = m.image(m.add(object_type::commit, commit_text(root)));
  cache_options options;
  options.cache_bytes = 0;
  served_site s(std::move(image), options);
  const site& mounted = *s.machine->http().mounted();
  std::vector<std::unique_ptr<fake_connection>> clients;
  for (std::size_t i = 0; i < files; ++i) {
    auto c = std::make_unique<fake_connection>();
    c->window = 1000;
    c->arriving = "GET /file" + std::to_string(1000 + i) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    s.http->opened(*c);
    s.http->ready(*c);
    clients.push_back(std::move(c));
    EXPECT_LE(mounted.live_bytes(), (8u << 20) / 8) << i;
  }
  for (std::size_t i = 0; i < files; ++i) {
    while (!clients[i]->is_over()) {
      clients[i]->drain(clients[i]->taken);
      clients[i]->window = 20'000;
      s.http->ready(*clients[i]);
      while (s.machine->work(0)) {
      }
    }
    EXPECT_TRUE(body_of(clients[i]->sent) == texts[i]) << i;
  }
}

// A replaced image keeps no content in memory for clients that still read from it.
TEST(HeldContent, OfAnOldImageIsNotHeld) {
  large_site s;
  std::vector<std::unique_ptr<fake_connection>> clients;
  for (std::size_t i = 0; i < kKinds; ++i) clients.push_back(s.ask(i));
  const std::shared_ptr<site> old = s.machine->http().mounted();
  EXPECT_GT(old->live_bytes(), 0u);
  ASSERT_TRUE(s.machine->mount(""));
  EXPECT_EQ(old->live_bytes(), 0u);
  EXPECT_EQ(old->reader().objects().cache().capacity(), 0u);
  for (std::size_t i = 0; i < kKinds; ++i) {
    s.read_to_end(*clients[i]);
    EXPECT_TRUE(clients[i]->closed && s.content_of(*clients[i]) == s.texts[i]) << i;
    EXPECT_EQ(old->live_bytes(), 0u);
  }
}

// Clients that never finish cannot keep any number of replaced images.
TEST(HeldContent, OldImagesAreFew) {
  large_site s;
  std::vector<std::unique_ptr<fake_connection>> clients;
  std::vector<std::weak_ptr<site>> sites;
  const auto pass = [&s, &clients](std::uint64_t seconds) {
    for (const auto& c : clients) {
      if (c->is_over()) continue;
      c->drain(c->taken);
      s.http->ready(*c);
    }
    s.on.now_ns += seconds * 1'000'000'000;
    s.machine->tick(0);
  };
  for (std::size_t i = 0; i < http_server::kOldImages + 3; ++i) {
    clients.push_back(s.ask(i % kKinds));
    clients.back()->window = 2000;
    sites.emplace_back(s.machine->http().mounted());
    ASSERT_TRUE(s.machine->mount(""));
  }
  for (std::uint64_t passed = 0; passed + 20 < http_server::kOldSeconds; passed += 20) pass(20);
  for (const auto& c : clients) EXPECT_FALSE(c->is_over());
  pass(20);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_EQ(clients[i]->aborted, i < 3) << i;
    EXPECT_EQ(sites[i].expired(), i < 3) << i;
    if (clients[i]->aborted) continue;
    s.read_to_end(*clients[i]);
    EXPECT_TRUE(s.content_of(*clients[i]) == s.texts[i % kKinds]) << i;
  }
  EXPECT_EQ(s.machine->http().counts().aborted, 3u);
}

}  // namespace
}  // namespace docteur::cache_vm
