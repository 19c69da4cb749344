#include "base/child_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "source/remote/git_command.hpp"
#include "support/scratch.hpp"

namespace docteur {
namespace {

using namespace std::chrono_literals;

child_command shell(const std::string& script) { return {{"sh", "-c", script}, own_environment()}; }

// Runs to the end; what was said on stderr.
std::string finish(child_process& child) {
  std::string said;
  while (!child.wait(100ms, said)) {
  }
  return said;
}

std::string until_said(child_process& child, const std::string& what) {
  std::string said;
  for (int i = 0; i < 1000 && said.find(what) == std::string::npos; ++i) child.wait(100ms, said);
  EXPECT_NE(said.find(what), std::string::npos);
  return said;
}

TEST(ChildProcess, ArgumentsGoAsTheyAreAndOnlyStderrComes) {
  auto child = child_process::start({{"printf", "%s", "a b;$(c)"}, own_environment()});
  ASSERT_TRUE(child);
  EXPECT_EQ(finish(*child), "");
  auto loud = child_process::start(shell("echo out; echo 'a b;$(c)' >&2; cat; exit 7"));
  ASSERT_TRUE(loud);
  EXPECT_EQ(finish(*loud), "a b;$(c)\n");
  EXPECT_EQ(WEXITSTATUS(loud->status()), 7);
}

TEST(ChildProcess, AProgramThatIsNotThere) {
  const auto child = child_process::start({{"no-such-program-anywhere"}, {}});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message, "");
}

TEST(ChildProcess, KillingEndsAllOfTheGroupAlsoWhatIgnoresSigterm) {
  const scratch dir;
  {
    auto child =
        child_process::start(shell("trap '' TERM; (trap '' TERM; echo $$ ready >&2; while :; do sleep 0.05; date >'" +
                                   dir.path() + "/alive'; done) & wait"));
    ASSERT_TRUE(child);
    until_said(*child, "ready");
  }
  std::filesystem::remove(dir / "alive");
  ::usleep(300000);
  EXPECT_FALSE(std::filesystem::exists(dir / "alive"));
}

TEST(ChildProcess, WhatEndsALittleLaterIsWaitedFor) {
  const scratch dir;
  auto child = child_process::start(shell("(sleep 0.3; echo late >&2; echo x >'" + dir.path() + "/late') & exit 5"));
  ASSERT_TRUE(child);
  EXPECT_EQ(finish(*child), "late\n");
  EXPECT_TRUE(std::filesystem::exists(dir / "late"));
  EXPECT_EQ(WEXITSTATUS(child->status()), 5);
}

TEST(ChildProcess, WhatKeepsStderrIsEndedAfterAMoment) {
  auto child = child_process::start(shell("sleep 1000 & echo $! >&2"));
  ASSERT_TRUE(child);
  const std::string said = finish(*child);
  EXPECT_TRUE(WIFEXITED(child->status()));
  // Gone, or nobody has reaped it yet.
  std::ifstream stat("/proc/" + std::to_string(std::stoi(said)) + "/stat");
  std::string line;
  if (std::getline(stat, line)) {
    EXPECT_NE(line.find(") Z "), std::string::npos) << line;
  }
}

TEST(ChildProcess, WhatHasLetGoOfStderrStays) {
  auto child = child_process::start(shell("sleep 1000 2>/dev/null & echo $! >&2"));
  ASSERT_TRUE(child);
  const pid_t pid = std::stoi(finish(*child));
  EXPECT_EQ(::kill(pid, 0), 0) << "git credential-cache would forget";
  ::kill(pid, SIGKILL);
}

TEST(ChildProcess, WorkIsSeenAndSleepIsNot) {
  auto busy = child_process::start(shell("echo ready >&2; while :; do :; done"));
  ASSERT_TRUE(busy);
  until_said(*busy, "ready");
  const std::uint64_t before = busy->processor_ticks();
  for (int i = 0; i < 600 && busy->processor_ticks() < before + 10; ++i) ::usleep(100000);
  EXPECT_GE(busy->processor_ticks(), before + 10);
  auto idle = child_process::start(shell("echo ready >&2; sleep 1000"));
  ASSERT_TRUE(idle);
  until_said(*idle, "ready");
  const std::uint64_t still = idle->processor_ticks();
  ::usleep(500000);
  EXPECT_LE(idle->processor_ticks(), still + 4);
}

TEST(ChildProcess, SignalsAreAsAProgramBeginsWithThem) {
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);  // as nohup does
  sigset_t blocked, before;
  sigemptyset(&blocked);
  for (const int signal : {SIGINT, SIGTERM, SIGXFSZ}) sigaddset(&blocked, signal);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  auto child = child_process::start(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status >&2"));
  for (const int signal : {SIGXFSZ, SIGPIPE, SIGHUP}) ::signal(signal, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(child);
  const std::string said = finish(*child);
  EXPECT_NE(said.find("SigBlk:\t0000000000000000"), std::string::npos) << said;
  const std::string ignored = said.substr(said.find("SigIgn:\t") + 8);
  EXPECT_EQ(std::stoull(ignored, nullptr, 16) & 0x7fffffff, 1u) << "SIGHUP, and what glibc keeps to itself; " << said;
}

TEST(ChildProcess, NoDescriptorOfThisProgramIsInherited) {
  auto child = child_process::start(shell("readlink /proc/self/fd/2 >&2; exec sleep 1000"));
  ASSERT_TRUE(child);
  const std::string its_pipe = until_said(*child, "\n");
  auto other = child_process::start(shell("ls -l /proc/self/fd >&2"));
  ASSERT_TRUE(other);
  const std::string said = finish(*other);
  EXPECT_NE(said.find("pipe:"), std::string::npos) << said;
  EXPECT_EQ(said.find(its_pipe.substr(0, its_pipe.size() - 1)), std::string::npos) << said;
  EXPECT_EQ(said.find("pidfd"), std::string::npos) << said;
}

// A program whose standard descriptors were closed gets such numbers for its own files.
TEST(ChildProcess, StandardDescriptorsThatAreClosed) {
  EXPECT_EXIT(
      {
        for (const int fd : {0, 1, 2}) ::close(fd);
        auto child = child_process::start(shell("echo here >&2; cat; echo nowhere"));
        const bool good = child && finish(*child) == "here\n" && WEXITSTATUS(child->status()) == 0;
        ::_exit(good ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

// A flood of words costs no memory, and ends with the program.
TEST(ChildProcess, AFloodIsTakenInPieces) {
  auto child = child_process::start(shell("head -c 100000000 /dev/zero >&2; exit 6"));
  ASSERT_TRUE(child);
  std::uint64_t all = 0;
  for (bool ended = false; !ended;) {
    std::string said;
    ended = child->wait(100ms, said);
    EXPECT_LE(said.size(), child_process::kMostAtOnce);
    EXPECT_LE(said.capacity(), 2 * child_process::kMostAtOnce);
    all += said.size();
  }
  EXPECT_EQ(WEXITSTATUS(child->status()), 6);
  EXPECT_GT(all, 90'000'000u);
}

}  // namespace
}  // namespace docteur
