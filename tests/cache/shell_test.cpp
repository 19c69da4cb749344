// The shell, and the application's options.

#include <gtest/gtest.h>

#include <algorithm>

#include "cache/served_site.hpp"
#include "unikernel-example/platform/entry.hpp"

namespace docteur::cache_vm {
namespace {

class typed_at {
 public:
  explicit typed_at(served_site& s, shell_session::origin where = shell_session::origin::console)
      : session(*s.machine, where) {}
  std::string type(std::string_view keys) {
    session.type(keys);
    std::string all;
    for (auto text = session.output(); !text.empty(); text = session.output()) {
      all += text;
      session.shown(text.size());
    }
    return all;
  }
  shell_session session;
};

TEST(Shell, Commands) {
  served_site s;
  typed_at t(s);
  const std::string help = t.type("help\n");
  for (const char* word :
       {"remount", "cache=", "connections=", "disk=", "gateway=", "idle=", "ip=", "listen=", "listing", "prefetch",
        "host=", "objects=", "status=", "requests=", "shell=", "show=", "time-out="})
    EXPECT_NE(help.find(word), std::string::npos) << word;
  EXPECT_EQ(t.type("ls docs\r\n"), "ls docs\nindex.html\nsub/\n> ");
  EXPECT_EQ(t.type("cat \"docs/sub/a b&c.txt\"\n"), "cat \"docs/sub/a b&c.txt\"\n0123456789> ");
  EXPECT_NE(t.type("stat page.html\n").find(hex(s.image.page)), std::string::npos);
  EXPECT_NE(t.type("info\n").find(hex(s.image.commit)), std::string::npos);
  EXPECT_EQ(t.type("frob\n"), "frob\nfrob: no such command (see help)\n> ");
  EXPECT_EQ(t.type("cat\n"), "cat\nusage: cat PATH\n> ");
  EXPECT_EQ(t.type("cat nothing\n"), "cat nothing\nnothing: no such path\n> ");
  EXPECT_NE(t.type("cat damaged.txt\n").find("bad checksum"), std::string::npos);
  for (const char* c : {"df", "prefetch", "cache", "flush", "stats", "http", "net", "uptime", "date", "free", "log"})
    EXPECT_TRUE(t.type(std::string(c) + "\n").ends_with("> ")) << c;
  EXPECT_NE(t.type("umount\n").find("503"), std::string::npos);
  EXPECT_NE(t.type("ls\n").find("no image"), std::string::npos);
  EXPECT_NE(t.type("mount 1\n").find("no disk 1"), std::string::npos);
  EXPECT_NE(t.type("mount 0\n").find("mounted"), std::string::npos);
  EXPECT_NE(t.type("remount\n").find("mounted"), std::string::npos);
  (void)t.type("halt\n");
  EXPECT_TRUE(t.session.is_over());
  EXPECT_EQ(s.on.stopped, ending::halt);
}

TEST(Shell, Editing) {
  served_site s;
  typed_at t(s);
  (void)t.type("");
  EXPECT_EQ(t.type("dax\x7fte\x08\x08te\x03"), "^C\n> ");
  EXPECT_NE(t.type("\xff\xfb\x01ne\xff\xfa\x1fxyz\xff\xf0t\r\n").find("no network"), std::string::npos);
  (void)t.type("x\x04");
  EXPECT_FALSE(t.session.is_over());
  (void)t.type("\x08\x04");
  EXPECT_TRUE(t.session.is_over());
}

TEST(Shell, InterruptEndsALongCommand) {
  served_site s;
  typed_at t(s);
  t.session.type("cat large.txt\n");
  std::size_t seen = 0;
  while (seen < 20'000) {
    const auto text = t.session.output();
    ASSERT_FALSE(text.empty());
    seen += text.size();
    t.session.shown(text.size());
  }
  EXPECT_EQ(t.type("\x03"), "^C\n> ");
  EXPECT_EQ(t.type("ls docs/sub\n"), "ls docs/sub\na b&c.txt\n> ");
}

TEST(Shell, OnTcpWaitsForItsReader) {
  cache_options o;
  o.shell = endpoint{"", 23};
  served_site s(o);
  ASSERT_EQ(s.on.listening.size(), 2u);
  service& shell = *s.on.listening[1].service;
  fake_connection c;
  c.window = 1000;
  shell.opened(c);
  c.arriving = "cat large.txt\r\nexit\r\n";
  shell.ready(c);
  EXPECT_LE(c.sent.size(), c.window);
  for (int i = 0; i < 10'000 && !c.is_over(); ++i) {
    c.drain(999);
    shell.ready(c);
  }
  EXPECT_TRUE(c.closed);
  std::string lines;
  for (const char ch : c.sent)
    if (ch != '\r') lines += ch;
  EXPECT_TRUE(lines == "> cat large.txt\n" + kLarge + "> exit\n");
}

// A page can make a browser send text of the page's to any port: behind a head, or inside TLS or STUN.
TEST(Shell, BrowsersGetNothingExecuted) {
  const std::string body = "\r\n\r\numount\r\nhalt\r\n";
  for (const std::string& first : {
           std::string("POST / HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nContent-Length: 12"),
           std::string("GET /halt HTTP/1.1"),
           "POST /" + std::string(5000, 'a') + " HTTP/1.1",
           "\r\n\r\nPOST / HTTP/1.1" + body,
           std::string("PRI * HTTP/2.0"),
           std::string("Content-Type: text/plain"),
           std::string("\x16\x03\x01\x02\n\x01\x00\x01\xfc\x03\x03", 11),
           std::string("\x00\x03\x00\x5c\x21\x12\xa4\x42", 8),
           std::string("x\x08POST / HTTP/1.1"),
       }) {
    served_site s;
    typed_at t(s, shell_session::origin::network);
    (void)t.type(first + body);
    EXPECT_TRUE(t.session.is_over()) << first.substr(0, 40);
    EXPECT_TRUE(s.machine->http().mounted()) << first.substr(0, 40);
    EXPECT_FALSE(s.on.stopped) << first.substr(0, 40);
  }
  // A user of the shell may type all of that later, after what a terminal sends first.
  served_site s;
  typed_at t(s, shell_session::origin::network);
  (void)t.type(std::string_view("\r\0\xff\xfd\x03\r\n", 7));
  EXPECT_NE(t.type(std::string_view("net\r\0", 5)).find("no network"), std::string::npos);
  EXPECT_NE(t.type("GET / HTTP/1.1\n").find("no such command"), std::string::npos);
  (void)t.type("halt\n");
  EXPECT_TRUE(s.on.stopped);
}

TEST(Start, StatusesAndLines) {
  const site_image good = make_site();
  buffer bad = good.raw;
  bad[20] ^= std::byte{0x40};  // the offset of IDX
  const auto run = [](const buffer* raw, std::vector<std::string_view> words, std::string* said = nullptr) {
    fake_platform on;
    if (raw != nullptr) on.all_disks = {{"0", memory_device(*raw)}};
    const int status = start(on, words);
    if (said != nullptr) *said = on.console;
    return status;
  };
  std::string said;
  EXPECT_EQ(run(&good.raw, {"ip=10.0.2.15", "virtio_mmio.device=512@0xfeb00e00:12", "gateway=10.0.2.2"}), 0);
  EXPECT_EQ(run(&good.raw, {"host=a.example,b", "status=127.0.0.1:9090", "objects=off"}), 0);
  EXPECT_EQ(run(&good.raw, {"status=off", "status=on", "objects=on"}), 0);
  EXPECT_EQ(run(&good.raw, {"listen=0", "status=0"}), 0);  // free ports
  EXPECT_EQ(run(&good.raw, {"frobnicate=1"}, &said), 2);
  EXPECT_EQ(said, "docteur-cache: unknown option: frobnicate=1 (see help)\n");
  for (const char* word :
       {"listen=1:2:80", "listen=65536", "cache=many", "connections=0", "listing=2", "show=", "status=", "status=no",
        "status=65536", "objects", "objects=x", "host=", "host=a b", "host=a:80", "host=[::1]:80", "host=,"})
    EXPECT_EQ(run(&good.raw, {word}), 2) << word;
  EXPECT_EQ(run(&bad, {}, &said), 1);
  EXPECT_EQ(std::ranges::count(said, '\n'), 1);
  EXPECT_EQ(run(nullptr, {}, &said), 3);
  EXPECT_EQ(said, "docteur-cache: no disk\n");
  EXPECT_EQ(run(nullptr, {"disk=none"}), 0);
  EXPECT_EQ(run(&good.raw, {"disk=7"}), 3);
  EXPECT_EQ(run(&good.raw, {"help"}, &said), 0);
  EXPECT_NE(said.find("time-out=SECONDS"), std::string::npos);
  EXPECT_EQ(run(&good.raw, {"show=/ten.txt"}, &said), 0);
  EXPECT_EQ(said, kTen);
  EXPECT_EQ(run(&good.raw, {"show=/nothing"}), 1);
}

TEST(Start, ConnectionsAreAsManyAsThereCanBe) {
  const site_image image = make_site();
  const auto said = [&image](std::size_t most, bool is_fixed, std::vector<std::string_view> words, int status) {
    fake_platform on;
    on.all_disks = {{"0", memory_device(image.raw)}};
    on.most = {most, "there is no room", is_fixed};
    EXPECT_EQ(start(on, words), status);
    return on.console.substr(0, on.console.find('\n'));
  };
  for (const bool is_fixed : {false, true}) {
    EXPECT_NE(said(1024, is_fixed, {"connections=1024"}, 0).find("attached"), std::string::npos);
    EXPECT_EQ(said(100, is_fixed, {}, 0), "docteur-cache: at most 100 connections, because there is no room");
  }
  EXPECT_EQ(said(1024, false, {"connections=1025"}, 0),
            "docteur-cache: at most 1024 connections, because there is no room");
  EXPECT_EQ(said(1024, true, {"connections=1025"}, 2),
            "docteur-cache: connections=1025: at most 1024, because there is no room");
}

TEST(Start, SaysWhichPortCannotBeHad) {
  const site_image image = make_site();
  fake_platform on;
  on.all_disks = {{"0", memory_device(image.raw)}};
  on.can_listen = false;
  EXPECT_EQ(start(on, std::vector<std::string_view>{"listen=81"}), 3);
  EXPECT_NE(on.console.find("docteur-cache: cannot listen on :81: in use by another program\n"), std::string::npos);
  EXPECT_EQ(on.console.find("HTTP on"), std::string::npos);
}

TEST(Prefetch, FillsTheCacheAndEnds) {
  served_site s;
  s.machine->start_prefetch();
  int slices = 0;
  while (s.machine->work(0)) ASSERT_LT(++slices, 1000);
  EXPECT_GT(s.machine->prefetch().files(), 3u);
  const auto misses = s.machine->http().mounted()->cache().count().misses;
  EXPECT_EQ(body_of(s.get("/ten.txt")), kTen);
  EXPECT_EQ(s.machine->http().mounted()->cache().count().misses, misses);
}

}  // namespace
}  // namespace docteur::cache_vm
