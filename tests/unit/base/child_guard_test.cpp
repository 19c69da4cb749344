// What a process has started ends with it, even where it is killed.
#include "base/child_guard.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/child_process.hpp"
#include "base/program.hpp"
#include "source/remote/git_command.hpp"
#include "support/scratch.hpp"

namespace docteur {
namespace {

using namespace std::chrono_literals;

// Nothing of it runs any more; a zombie may wait for whoever reaps it.
bool is_gone(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return true;
  const char state = line[line.rfind(')') + 2];
  return state == 'Z' || state == 'X';
}

template <class Condition>
bool comes_true(const Condition& condition) {
  for (const auto end = std::chrono::steady_clock::now() + 120s; std::chrono::steady_clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

class ChildGuard : public testing::Test {
 protected:
  // A shell script that writes its process id and those of what it has started to `pids`, then waits.
  [[nodiscard]] std::string script(const std::string& trap) const {
    return "trap '" + trap + "' TERM; sleep 1000 2>/dev/null & echo $$ $! >'" + dir_.path() + "/new'; mv '" +
           dir_.path() + "/new' '" + dir_.path() + "/pids'; wait; while :; do sleep 1; done";
  }
  // Kills a process that runs `body` as soon as its script is there.
  template <class Body>
  void kill_one_that(const Body& body) {
    const pid_t parent = ::fork();
    if (parent == 0) {
      body();
      ::_exit(1);
    }
    ASSERT_TRUE(comes_true([&] { return std::filesystem::exists(dir_ / "pids"); }));
    ::kill(parent, SIGKILL);
    ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
    std::ifstream pids(dir_ / "pids");
    unsigned processes = 0;
    for (pid_t pid = 0; pids >> pid; ++processes)
      EXPECT_TRUE(comes_true([&] { return is_gone(pid); })) << pid << " lives on";
    EXPECT_EQ(processes, 2u);
  }
  const scratch dir_;
};

TEST_F(ChildGuard, AGroupEndsWithAProcessThatIsKilled) {
  kill_one_that([&] {
    auto child = child_process::start({{"sh", "-c", script("")}, own_environment()});
    std::string said;
    while (child && !child->wait(100ms, said)) {
    }
  });
}

// The thread that started it is gone: that is not the end of its process.
TEST_F(ChildGuard, AChildOutlivesTheThreadThatStartedItAndNotTheProcess) {
  kill_one_that([&] {
    std::optional<outcome<child_process>> child;
    std::thread([&] { child.emplace(child_process::start({{"sh", "-c", script("")}, own_environment()})); }).join();
    std::string said;
    for (int i = 0; *child && i < 5; ++i)
      if ((*child)->wait(100ms, said)) ::_exit(2);
    while (*child && !(*child)->wait(100ms, said)) {
    }
  });
}

TEST_F(ChildGuard, AProgramEndsWhatItHasStartedAndThenItself) {
  kill_one_that([&] {
    (void)run_program({{"sh", "-c", script("kill $!; exit")}, program_environment(), "", {}, nullptr}, progress());
  });
}

// git-credential-cache's daemon stays when git has ended.
TEST_F(ChildGuard, NoGuardIsLeftOfAChildThatHasEnded) {
  auto child = child_process::start(
      {{"sh", "-c", "sleep 1000 2>/dev/null & echo $! >'" + dir_.path() + "/pids'"}, own_environment()});
  ASSERT_TRUE(child) << child.error().message;
  std::string said;
  while (!child->wait(100ms, said)) {
  }
  pid_t pid = 0;
  std::ifstream(dir_ / "pids") >> pid;
  ASSERT_GT(pid, 0);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  EXPECT_EQ(errno, ECHILD);
  EXPECT_FALSE(is_gone(pid));
  ::kill(pid, SIGKILL);
}

}  // namespace
}  // namespace docteur
