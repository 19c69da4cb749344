// Streams and windows for responses: few are open at a time.

#include <gtest/gtest.h>

#include "cache/large_site.hpp"

namespace docteur::cache_vm {
namespace {

// Content that is read while it is sent needs a stream. Of many clients that do not read, only a few keep one.
TEST(OpenReads, AreFew) {
  constexpr std::uint64_t memory = 8 << 20;  // too little to build a file whole
  constexpr std::size_t most = memory / 12 / open_reads::kEach;
  large_site s(memory);
  std::vector<std::unique_ptr<fake_connection>> clients;
  for (std::size_t i = 0; i < 3 * most; ++i) {
    clients.push_back(s.ask(plain, i % 3 == 0 ? "Range: bytes=1000-\r\n" : ""));
    EXPECT_LE(s.mounted().open_reads()->count(), most) << i;
  }
  EXPECT_EQ(s.mounted().open_reads()->closed(), 2 * most);
  // Clients whose stream was closed wait for the others, and get the right bytes.
  for (std::size_t i = 0; i < clients.size(); ++i) {
    fake_connection& c = *clients[i];
    c.window = 50'000;
    c.drain(c.taken);
    s.http->ready(c);
    EXPECT_EQ(c.sent.size() > 1000, i >= 2 * most) << i;
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    fake_connection& c = *clients[i];
    s.read_to_end(c);
    EXPECT_TRUE(body_of(c.sent) == std::string_view(s.texts[plain]).substr(i % 3 == 0 ? 1000 : 0)) << i;
    EXPECT_TRUE(c.closed) << i;
  }
  EXPECT_EQ(s.mounted().open_reads()->count(), 0u);
  EXPECT_EQ(s.machine->http().counts().faults, 0u);
}

// A file that can be read from its middle is read again at once.
TEST(OpenReads, OfAStoredFileBeginAgainAtOnce) {
  large_site s(8 << 20);
  const auto first = s.ask(stored);
  std::vector<std::unique_ptr<fake_connection>> others;
  while (s.mounted().open_reads()->closed() == 0) others.push_back(s.ask(plain));
  first->window = 50'000;
  s.http->ready(*first);
  EXPECT_GT(first->sent.size(), 1000u);
  s.read_to_end(*first);
  EXPECT_TRUE(body_of(first->sent) == s.texts[stored]);
}

// The file is still compared with its id.
TEST(OpenReads, GoOnWithTheHash) {
  large_site s(8 << 20);
  const auto first = s.ask(stored);
  std::vector<std::unique_ptr<fake_connection>> others;
  while (s.mounted().open_reads()->closed() == 0) others.push_back(s.ask(plain));
  const std::uint64_t at = s.mounted().reader().objects().device_offset(s.offsets[stored]);
  s.raw[at + kSize - 1000] ^= std::byte{1};
  s.read_to_end(*first);
  EXPECT_TRUE(first->aborted);
  EXPECT_LT(body_of(first->sent).size(), kSize);
}

// A response may be the last one that needs a replaced image.
TEST(OpenReads, OfAReplacedImageGoOn) {
  large_site s(8 << 20);
  std::vector<std::unique_ptr<fake_connection>> clients;
  for (std::size_t i = 0; i < 6; ++i) clients.push_back(s.ask(i % 2 == 0 ? plain : stored));
  std::weak_ptr<site> old = s.machine->http().mounted();
  ASSERT_TRUE(s.machine->mount(""));
  EXPECT_EQ(old.lock()->open_reads()->count(), 4u);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_FALSE(old.expired());
    s.read_to_end(*clients[i]);
    EXPECT_TRUE(body_of(clients[i]->sent) == s.texts[i % 2 == 0 ? plain : stored]) << i;
  }
  EXPECT_TRUE(old.expired());
}

}  // namespace
}  // namespace docteur::cache_vm
