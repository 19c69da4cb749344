// What coding with dictionaries may cost, and what becomes of it when the image is damaged or replaced.

#include <gtest/gtest.h>

#include "cache/dictionary_site.hpp"

namespace docteur::cache_vm {
namespace {

TEST(Dictionaries, AreNotWaitedForTooLong) {
  dictionary_site d;
  fake_connection slow, second;
  for (fake_connection* c : {&slow, &second}) {
    c->arriving = "GET /page.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + asks_with(d.old_page) + "\r\n";
    d.s.http->opened(*c);
    d.s.http->ready(*c);
    EXPECT_EQ(c->sent, "");
  }
  EXPECT_EQ(d.s.on.aside_tasks.size(), 1u);
  d.s.machine->tick(0);
  d.bring();
  EXPECT_EQ(slow.sent, "");
  d.s.on.now_ns += dictionary_maker::kPatience;
  d.s.machine->tick(0);
  d.bring();
  for (const fake_connection* c : {&slow, &second}) {
    EXPECT_TRUE(c->closed);
    EXPECT_EQ(status_of(c->sent), 200);
    EXPECT_NE(field_of(c->sent, "Content-Encoding"), "dcz");
  }
  // It is made all the same, for the next.
  d.run_tasks();
  EXPECT_EQ(field_of(d.get("/page.html", asks_with(d.old_page)), "Content-Encoding"), "dcz");
  EXPECT_FALSE(d.waited);
}

TEST(Dictionaries, ManyThatWaitGoWithout) {
  dictionary_site d;
  std::vector<std::unique_ptr<fake_connection>> clients;
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < dictionary_maker::kMostWaiting + 5; ++i) {
    auto& c = *clients.emplace_back(std::make_unique<fake_connection>());
    c.arriving = "GET /page.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
                 asks_with("dictionary " + std::to_string(i)) + "\r\n";
    d.s.http->opened(c);
    d.s.http->ready(c);
    waiting += c.sent.empty();
  }
  EXPECT_EQ(waiting, dictionary_maker::kMostWaiting);
  EXPECT_EQ(d.s.on.aside_tasks.size(), 2u);  // one for all, and one for gzip
  d.run_tasks();
  d.bring();
  for (const auto& c : clients) EXPECT_TRUE(c->closed && status_of(c->sent) == 200);
}

// A client that is stuck in a large one loses it when there is no room, and gets the rest made again.
TEST(Dictionaries, LargeOnesAreTakenFromTheStuck) {
  cache_options little;
  little.cache_bytes = 1 << 20;
  dictionary_site d(3600, little);
  const std::string whole = d.get("/@middle/other.txt", asks_with(d.other_page));
  ASSERT_EQ(field_of(whole, "Content-Encoding"), "dcz");
  ASSERT_GT(body_of(whole).size(), 2 * content_ledger::kOwn);
  for (const std::string& range :
       {std::string(), "Range: bytes=50-\r\nIf-Range: " + field_of(whole, "ETag") + "\r\n"}) {
    fake_connection c;
    c.window = 1000;
    c.arriving = "GET /@middle/other.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + asks_with(d.other_page) +
                 range + "\r\n";
    d.s.http->opened(c);
    d.s.http->ready(c);
    ASSERT_FALSE(c.is_over());
    site& mounted = *d.s.machine->http().mounted();
    d.s.machine->flush();
    mounted.held().trim(*mounted.shared().live(), 0);
    while (!c.is_over()) {
      c.drain(c.taken);
      d.s.http->ready(c);
      d.bring();
    }
    EXPECT_TRUE(c.closed);
    EXPECT_TRUE(body_of(c.sent) == body_of(whole).substr(range.empty() ? 0 : 50));
    EXPECT_GT(mounted.held().taken(), 0u);
    (void)d.get("/@middle/other.txt", asks_with(d.other_page));
    d.s.pass(2);
    (void)d.get("/@middle/other.txt", asks_with(d.other_page));
  }
}

// The image goes away while a client waits for what is made of it: the next one answers.
TEST(Dictionaries, OfAReplacedImageAreForgotten) {
  dictionary_site d;
  fake_connection c;
  c.arriving = "GET /page.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + asks_with(d.old_page) + "\r\n";
  d.s.http->opened(c);
  d.s.http->ready(c);
  ASSERT_EQ(d.s.on.aside_tasks.size(), 1u);
  ASSERT_TRUE(d.s.machine->mount(""));
  const auto too_late = std::exchange(d.s.on.aside_tasks, {});
  d.bring();
  EXPECT_EQ(c.sent, "");
  EXPECT_EQ(d.s.on.aside_tasks.size(), 1u);
  d.run_tasks();
  for (const auto& task : too_late) task();
  d.bring();
  EXPECT_TRUE(c.closed);
  EXPECT_EQ(field_of(c.sent, "Content-Encoding"), "dcz");
}

// A disk that fails while it is made: the client gets what the disk still has, and does not wait again.
TEST(Dictionaries, OfABrokenImageAreNotWaitedForAgain) {
  dictionary_site d;
  const std::string plain = d.get("/page.html");
  // The trees and the other versions' contents are damaged, but not what the loop has read.
  for (std::size_t at = 4096; at + 4096 < d.s.image.raw.size() / 2; at += 512) d.s.image.raw[at] ^= std::byte{0xff};
  const std::string r = d.get("/page.html", asks_with(d.old_page));
  EXPECT_TRUE(d.waited);
  EXPECT_NE(field_of(r, "Content-Encoding"), "dcz");
  EXPECT_EQ(body_of(r), body_of(plain));
  (void)d.get("/page.html", asks_with(d.old_page));
  EXPECT_FALSE(d.waited);
}

}  // namespace
}  // namespace docteur::cache_vm
