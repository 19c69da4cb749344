// The life of a connection: partial input, pipelines, slow clients, limits.

#include <gtest/gtest.h>

#include <algorithm>

#include "cache/served_site.hpp"

namespace docteur::cache_vm {
namespace {

const std::string kGet = "GET /ten.txt HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Connection, RequestsCutAtEveryByte) {
  const std::string requests = "\r\n" + kGet +
                               "HEAD /page.html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: deflate\r\n\r\n" +
                               "GET /ten.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
                               "GET /ten.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=1-3,5-6\r\nConnection: close\r\n\r\n";
  std::string expected;
  served_site s;
  for (std::size_t cut = 0; cut <= requests.size(); ++cut) {
    fake_connection c;
    s.http->opened(c);
    c.arriving = requests.substr(0, cut);
    s.http->ready(c);
    c.arriving += requests.substr(cut);
    if (!c.is_over()) s.http->ready(c);
    EXPECT_TRUE(c.closed) << cut;
    if (cut == 0) expected = c.sent;
    EXPECT_EQ(c.sent, expected) << cut;
  }
  fake_connection c;
  c.at_once = 1;
  c.arriving = requests;
  s.http->opened(c);
  s.http->ready(c);
  EXPECT_EQ(c.sent, expected);
}

TEST(Connection, PipelineIsAnsweredInOrderAsThereIsRoom) {
  served_site s;
  fake_connection c;
  c.window = 100;
  const std::size_t many = 500;
  for (std::size_t i = 0; i < many; ++i) c.arriving += kGet;
  s.http->opened(c);
  s.http->ready(c);
  EXPECT_LE(c.sent.size(), c.window);
  EXPECT_GT(c.arriving.size(), 0u);  // input is not read before earlier requests are answered
  for (int i = 0; i < 100'000 && s.machine->http().counts().requests < many; ++i) {
    c.drain(70);
    s.http->ready(c);
  }
  for (; c.taken > 0; s.http->ready(c)) c.drain(70);
  std::size_t responses = 0;
  for (std::size_t at = 0; (at = c.sent.find("HTTP/1.1 200 OK", at)) != std::string::npos; ++at) ++responses;
  EXPECT_EQ(responses, many);
  EXPECT_FALSE(c.is_over());
}

TEST(Connection, KeepAlive) {
  served_site s;
  const auto is_kept = [&s](const std::string& request) {
    fake_connection c;
    c.arriving = request;
    s.http->opened(c);
    s.http->ready(c);
    const bool kept = !c.is_over();
    if (kept) {
      c.broken = true;
      s.http->ready(c);
      EXPECT_TRUE(c.aborted);
    }
    return kept;
  };
  EXPECT_TRUE(is_kept(kGet));
  EXPECT_FALSE(is_kept("GET /ten.txt HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_FALSE(is_kept("GET /ten.txt HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(is_kept("GET /ten.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_TRUE(is_kept("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(is_kept("GET /ten.txt HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(s.machine->http().counts().active, 0u);
}

TEST(Connection, RequestsOnOneAreCounted) {
  cache_options o;
  o.http.requests = 2;
  served_site s(o);
  fake_connection c;
  c.arriving = kGet + kGet + kGet;
  s.http->opened(c);
  s.http->ready(c);
  EXPECT_TRUE(c.closed);
  EXPECT_EQ(s.machine->http().counts().requests, 2u);
  EXPECT_NE(c.sent.find("Connection: close"), std::string::npos);
}

TEST(Connection, OneTooManyIs503) {
  cache_options o;
  o.http.connections = 1;
  served_site s(o);
  fake_connection first, second, third;
  s.http->opened(first);
  s.http->opened(second);
  EXPECT_EQ(status_of(second.sent), 503);
  EXPECT_TRUE(second.closed);
  first.ended = true;
  s.http->ready(first);
  EXPECT_TRUE(first.closed);
  s.http->opened(third);
  EXPECT_FALSE(third.is_over());
}

TEST(Connection, SlowHeadIs408) {
  served_site s;
  fake_connection silent, slow;
  s.http->opened(silent);
  s.http->opened(slow);
  slow.arriving = "GET /ten.txt HT";
  s.http->ready(slow);
  s.pass(14);
  slow.arriving = "T";  // a byte now and then does not help
  s.http->ready(slow);
  EXPECT_FALSE(slow.is_over());
  s.pass(2);
  EXPECT_EQ(status_of(slow.sent), 408);
  EXPECT_TRUE(slow.closed);
  EXPECT_TRUE(silent.closed);
  EXPECT_EQ(silent.sent, "");
  EXPECT_EQ(s.machine->http().counts().timed_out, 2u);
}

TEST(Connection, SlowHeadOfHeadIs408WithoutContent) {
  served_site s;
  fake_connection c;
  s.http->opened(c);
  c.arriving = "HEAD /ten.txt HT";
  s.http->ready(c);
  s.pass(16);
  EXPECT_EQ(status_of(c.sent), 408);
  EXPECT_EQ(body_of(c.sent), "");
  EXPECT_TRUE(c.closed);
}

TEST(Connection, AnEmptyBodyThatDoesNotComeIs408) {
  served_site s;
  fake_connection c;
  s.http->opened(c);
  c.arriving = "GET /ten.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  s.http->ready(c);
  EXPECT_EQ(c.sent, "");
  s.pass(16);
  EXPECT_EQ(status_of(c.sent), 408);
  EXPECT_TRUE(c.closed);
}

TEST(Connection, LongestHeadCutAnywhere) {
  cache_options o;
  served_site s(o);
  const std::string begin =
      "GET /ten.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nA: ";
  const std::string head = begin + std::string(o.http.header_bytes - begin.size() - 4, 'a') + "\r\n\r\n";
  ASSERT_EQ(head.size(), o.http.header_bytes);
  for (const std::size_t at_once : {1000u, 4096u, 5000u, 100'000u}) {
    fake_connection c;
    c.at_once = at_once;
    s.http->opened(c);
    c.arriving = head;
    s.http->ready(c);
    EXPECT_FALSE(c.is_over());
    c.arriving = "0\r\n\r\n";
    s.http->ready(c);
    EXPECT_EQ(body_of(c.sent), kTen);
    EXPECT_TRUE(c.closed);
  }
}

TEST(Connection, IdleOneIsClosed) {
  served_site s;
  fake_connection c;
  c.arriving = kGet;
  s.http->opened(c);
  s.http->ready(c);
  s.pass(74);  // load balancers close after 60 s
  EXPECT_FALSE(c.is_over());
  s.pass(2);
  EXPECT_TRUE(c.closed);
}

TEST(Connection, ClientsAreToldTheIdleTimeIfAsked) {
  EXPECT_EQ(field_of(served_site().get("/ten.txt"), "Keep-Alive"), "");
  cache_options o;
  o.http.tells_idle = true;
  o.http.idle_s = 7;
  served_site s(o);
  const std::string r = s.get("/ten.txt");
  EXPECT_EQ(field_of(r, "Keep-Alive"), "timeout=7");
  EXPECT_EQ(field_of(r, "Connection"), "keep-alive");
  const std::string last = s.get("/ten.txt", "Connection: close\r\n");
  EXPECT_EQ(field_of(last, "Keep-Alive"), "");
  EXPECT_EQ(field_of(last, "Connection"), "close");
}

TEST(Connection, LimitsAreOptions) {
  const std::vector<std::string_view> words{"header-bytes=2000", "header-fields=16", "ranges=2",
                                            "stall=5",           "idle=9",           "keep-alive"};
  const auto o = parse_words(words);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->http.idle_s, 9u);
  EXPECT_EQ(o->http.stall_s, 5u);
  served_site s(*o);
  std::string fields;
  for (int i = 0; i < 17; ++i) fields += "X-" + std::to_string(i) + ": a\r\n";
  EXPECT_EQ(status_of(s.get("/ten.txt", fields)), 431);
  EXPECT_EQ(status_of(s.get("/ten.txt", "X: " + std::string(2000, 'x') + "\r\n")), 431);
  EXPECT_EQ(status_of(s.get("/page.html", "Range: bytes=0-1,5-6\r\n")), 206);
  EXPECT_EQ(status_of(s.get("/page.html", "Range: bytes=0-1,5-6,9-10\r\n")), 200);
  for (const std::string_view wrong : {"header-bytes=1", "header-fields=1", "ranges=x", "stall=0", "keep-alive=2"})
    EXPECT_FALSE(parse_words({{wrong}})) << wrong;
}

TEST(Connection, SlowReaderIsGivenUpUnlessItGetsOn) {
  served_site s;
  fake_connection stuck, trickle, steady;
  for (fake_connection* c : {&stuck, &trickle, &steady}) {
    c->window = 4096;
    c->arriving = "GET /large.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    s.http->opened(*c);
    s.http->ready(*c);
  }
  for (int second = 0; second < 120; ++second) {
    if (!trickle.is_over()) trickle.drain(1);
    steady.drain(50);
    if (!trickle.is_over()) s.http->ready(trickle);
    s.http->ready(steady);
    s.pass(1);
    if (second == 20) {
      EXPECT_FALSE(stuck.is_over());
    }
  }
  EXPECT_TRUE(stuck.aborted);
  EXPECT_TRUE(trickle.aborted);
  EXPECT_FALSE(steady.is_over());
  for (; steady.taken > 0; s.http->ready(steady)) steady.drain(4096);
  EXPECT_EQ(body_of(steady.sent), kLarge);
}

TEST(Connection, ManySlowReadersOfOneLargeFile) {
  served_site s;
  std::vector<std::unique_ptr<fake_connection>> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(std::make_unique<fake_connection>());
    all.back()->window = 9000 + static_cast<std::size_t>(i);
    all.back()->arriving = "GET /large.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    s.http->opened(*all.back());
  }
  // Each reader is sent at least one byte in a round: in ready(), or in work() where its stream must be opened again.
  const auto is_over = [](const auto& c) { return c->is_over(); };
  for (std::size_t rounds = 0; !std::ranges::all_of(all, is_over); ++rounds) {
    ASSERT_LT(rounds, kLarge.size());
    for (auto& c : all) {
      if (c->is_over()) continue;
      c->drain(c->window);
      s.http->ready(*c);
    }
    while (s.machine->work(0)) {
    }
  }
  for (auto& c : all) EXPECT_EQ(body_of(c->sent), kLarge);
}

TEST(Connection, RemountUnderLoadDropsNothing) {
  served_site s;
  fake_connection c;
  c.window = 1000;
  c.arriving = "GET /large.txt HTTP/1.1\r\nHost: a\r\n\r\n";
  s.http->opened(c);
  s.http->ready(c);
  const site_image other = make_site("<h1>second</h1>");
  s.on.all_disks = {{"0", memory_device(other.raw)}};
  ASSERT_TRUE(s.machine->mount("0"));
  EXPECT_EQ(body_of(s.get("/")), "<h1>second</h1>");
  for (; c.taken > 0; s.http->ready(c)) c.drain(1000);
  EXPECT_EQ(body_of(c.sent), kLarge);
  // A disk without an image does not affect the mounted one.
  const buffer nothing(4096);
  s.on.all_disks = {{"0", memory_device(nothing)}};
  EXPECT_FALSE(s.machine->mount("0"));
  EXPECT_EQ(body_of(s.get("/")), "<h1>second</h1>");
}

// However the loops' turns fall, no client is answered from the old image once another was answered from the new one.
TEST(Connection, AllLoopsReplaceAnImageAtOnce) {
  constexpr std::size_t kLoops = 3;
  fake_platform on;
  on.total_memory = 64 << 20;
  on.number_of_loops = kLoops;
  const site_image first = make_site("first");
  const site_image second = make_site("second");
  on.all_disks = {{"0", memory_device(first.raw)}};
  cache_machine machine(on, {});
  ASSERT_TRUE(machine.mount(""));
  std::vector<std::string> seen;
  on.after_loop = [&] {
    for (std::size_t loop = 0; loop < kLoops; ++loop) {
      fake_connection c;
      c.arriving = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
      c.ended = true;
      machine.http(loop).opened(c);
      machine.http(loop).ready(c);
      seen.push_back(body_of(c.sent));
    }
  };
  on.all_disks = {{"0", memory_device(second.raw)}};
  ASSERT_TRUE(machine.mount("0"));
  EXPECT_EQ(seen.size(), 2 * kLoops * kLoops);
  EXPECT_TRUE(std::ranges::is_sorted(seen));  // "first" before "second"
  EXPECT_EQ(std::ranges::count(seen, "first"), kLoops * kLoops);
  EXPECT_EQ(seen.back(), "second");
}

TEST(Connection, PeerThatBreaksInTheMiddle) {
  served_site s;
  fake_connection c;
  c.window = 1000;
  c.arriving = "GET /large.txt HTTP/1.1\r\nHost: a\r\n\r\n";
  s.http->opened(c);
  s.http->ready(c);
  c.broken = true;
  s.http->ready(c);
  EXPECT_TRUE(c.aborted);
  EXPECT_EQ(s.machine->http().counts().aborted, 1u);
  EXPECT_EQ(s.machine->http().counts().active, 0u);
}

}  // namespace
}  // namespace docteur::cache_vm
