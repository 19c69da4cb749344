#include "source/child_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "source/git_command.hpp"
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

TEST(ChildProcess, ACopyOfThisProcess) {
  auto child = child_process::fork([](int told) { return ::write(told, "hello", 5) == 5 ? 3 : 4; });
  ASSERT_TRUE(child);
  EXPECT_EQ(finish(*child), "hello");
  EXPECT_EQ(WEXITSTATUS(child->status()), 3);
}

TEST(ChildProcess, IgnoredSignalsOfThisProgramAreNotInherited) {
  ::signal(SIGXFSZ, SIG_IGN);
  auto child = child_process::start(shell("kill -XFSZ $$; exit 0"));
  ::signal(SIGXFSZ, SIG_DFL);
  ASSERT_TRUE(child);
  finish(*child);
  EXPECT_TRUE(WIFSIGNALED(child->status()));
}

}  // namespace
}  // namespace docteur
