// The shell on a disk that has nothing at once: its commands wait with a ticket, and nothing waits for them.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "cache/slow_disk.hpp"

namespace docteur::cache_vm {
namespace {

struct ShellOnASlowDisk : testing::Test {
  ShellOnASlowDisk() : disk(s.on, s.image.raw) {
    s.on.all_disks = {{"slow", disk.view()}, {"0", memory_device(s.image.raw)}};
    if (!s.machine->mount("slow")) std::abort();
    disk.waited = 0;
    shell->opened(c);
    c.sent.clear();
  }
  static cache_options with_shell() {
    cache_options o;
    o.shell = endpoint{"", 23};
    return o;
  }
  std::string type(std::string_view keys) {
    c.arriving += keys;
    shell->ready(c);
    return std::exchange(c.sent, {});
  }
  // Brings what is wanted until the prompt is there.
  std::string bring_all() {
    for (int i = 0; i < 1000 && !c.sent.ends_with("> ") && !c.is_over(); ++i) s.machine->arrived(0, disk.bring());
    return std::exchange(c.sent, {});
  }

  served_site s{with_shell()};
  slow_disk disk;
  service* shell = s.on.listening.front().port == 23 ? s.on.listening.front().service : s.on.listening.back().service;
  fake_connection c;
};

TEST_F(ShellOnASlowDisk, ReadsSuspend) {
  EXPECT_EQ(type("cat page.html\n"), "cat page.html\r\n");
  EXPECT_FALSE(s.on.has_ticket()) << "a ticket left behind would be somebody else's";
  EXPECT_TRUE(s.on.may_wait);
  s.machine->arrived(0, disk.last() + 1);  // somebody else's
  EXPECT_EQ(c.sent, "");
  std::string right = kPage + "> ";
  for (std::size_t at = 0; (at = right.find('\n', at)) != std::string::npos; at += 2) right.insert(at, 1, '\r');
  EXPECT_EQ(bring_all(), right);
  EXPECT_NE(type("stat page.html\n").find(hex(s.image.page)), std::string::npos) << "in memory";
  EXPECT_EQ(type("stat damaged.txt\n"), "stat damaged.txt\r\n");
  const std::string about = bring_all();
  EXPECT_NE(about.find(hex(s.image.damaged)), std::string::npos) << about;
  EXPECT_EQ(disk.waited, 0u);
}

// Streamed: each piece may have to wait.
TEST_F(ShellOnASlowDisk, ALargeFileSuspendsInItsMiddle) {
  std::string all = type("cat large.txt\n");
  std::size_t waits = 0;
  for (; !c.sent.ends_with("> ") && waits < 10'000; ++waits) {
    s.machine->arrived(0, disk.bring());
    all += std::exchange(c.sent, {});
    if (all.ends_with("> ")) break;
  }
  std::erase(all, '\r');
  EXPECT_EQ(all, "cat large.txt\n" + kLarge + "> ");
  EXPECT_GT(waits, 2u);
  EXPECT_EQ(disk.waited, 0u);
}

TEST_F(ShellOnASlowDisk, AFailureIsTold) {
  (void)type("cat page.html\n");
  disk.fails = true;
  s.machine->arrived(0, disk.last());
  EXPECT_NE(c.sent.find("the disk is broken"), std::string::npos) << c.sent;
  EXPECT_TRUE(c.sent.ends_with("> "));
}

TEST_F(ShellOnASlowDisk, InterruptAndInputMeanwhile) {
  (void)type("cat page.html\n");
  EXPECT_EQ(type("\x03"), "^C\r\n> ");
  s.machine->arrived(0, disk.bring());
  EXPECT_EQ(c.sent, "") << "what was interrupted does not come back";
  disk.forget();
  (void)type("cat ten.txt\nnet\nexit\n");
  EXPECT_EQ(c.sent, "");
  EXPECT_FALSE(c.is_over());
  c.ended = true;  // the peer has said all: it still gets its answers
  shell->ready(c);
  EXPECT_FALSE(c.is_over());
  EXPECT_EQ(bring_all(), "0123456789> net\r\nno network\r\n> exit\r\n");
  EXPECT_TRUE(c.closed);
}

TEST_F(ShellOnASlowDisk, AClientThatIsGoneIsForgotten) {
  (void)type("cat page.html\n");
  c.broken = true;
  shell->ready(c);
  EXPECT_TRUE(c.aborted);
  s.machine->arrived(0, disk.bring());
}

TEST_F(ShellOnASlowDisk, TheConsoleSuspendsToo) {
  s.on.console.clear();
  s.on.typed = "cat ten.txt\n";
  s.machine->console_ready();
  EXPECT_FALSE(s.machine->work(0)) << "no turns are spent on waiting";
  for (int i = 0; i < 100 && !s.on.console.ends_with("789> "); ++i) {
    s.machine->arrived(0, disk.bring());
    (void)s.machine->work(0);
  }
  EXPECT_TRUE(s.on.console.ends_with("cat ten.txt\n0123456789> ")) << s.on.console;
  EXPECT_EQ(disk.waited, 0u);
}

TEST_F(ShellOnASlowDisk, ClientsAreServedWhileAnImageIsMounted) {
  s.on.runs_aside = true;
  EXPECT_EQ(type("mount 0\nls docs/sub\n"), "mount 0\r\n");
  ASSERT_EQ(s.on.aside_tasks.size(), 1u);
  EXPECT_EQ(s.machine->http().mounted()->disk_name(), "slow");
  s.on.aside_tasks.front()();
  EXPECT_NE(c.sent.find("mounted\r\n> ls docs/sub\r\na b&c.txt\r\n> "), std::string::npos) << c.sent;
  EXPECT_EQ(s.machine->http().mounted()->disk_name(), "0");
  c.sent.clear();
  (void)type("mount 7\n");
  s.on.aside_tasks.back()();
  EXPECT_EQ(std::exchange(c.sent, {}), "no disk 7\r\n> ");
  s.on.all_disks.clear();
  (void)type("remount\n");
  s.on.aside_tasks.back()();
  EXPECT_EQ(c.sent, "no disk 0; what was mounted before is still served\r\n> ");
}

}  // namespace
}  // namespace docteur::cache_vm
