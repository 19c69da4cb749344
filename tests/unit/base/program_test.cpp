#include "base/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

using namespace docteur;

namespace {

program_call sh(const std::string& script, std::string_view input = {}) {
  return {{"sh", "-c", script}, program_environment(), "", as_bytes(input), nullptr};
}

class interrupted : public progress {
 public:
  [[nodiscard]] bool cancelled() const override { return true; }
};

const progress kQuiet;

}  // namespace

TEST(Program, InputOutputErrorsAndStatus) {
  const auto r = run_program(sh("cat; echo oops >&2; exit 7", "hello"), kQuiet);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->output, "hello");
  EXPECT_EQ(r->errors, "oops\n");
  EXPECT_EQ(r->status, 7);
  EXPECT_EQ(run_program(sh("kill -9 $$"), kQuiet)->status, 128 + 9);
}

// More than any pipe holds, in all directions at once; what is over the bound is dropped.
TEST(Program, MuchOfAll) {
  const std::string much(3 << 20, 'x');
  const auto r = run_program(sh("cat | tee /dev/stderr", much), kQuiet);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->output, much.substr(0, kMostCaptured));
  EXPECT_EQ(r->errors, much.substr(0, kMostCaptured));
  EXPECT_EQ(run_program(sh("exec 0<&-; sleep 0.05", much), kQuiet)->status, 0) << "nobody reads";
}

TEST(Program, ASinkTakesAllOfTheOutput) {
  struct counter : byte_sink {
    std::size_t size = 0;
    std::size_t most = std::string::npos;
    outcome<void> write(bytes data) override {
      size += data.size();
      return size > most ? give_up(blame::environment, "full") : outcome<void>{};
    }
  } all, few;
  few.most = 100'000;
  program_call command = sh("head -c 5000000 /dev/zero");
  command.output = &all;
  ASSERT_TRUE(run_program(command, kQuiet));
  EXPECT_EQ(all.size, 5'000'000u);
  command.output = &few;
  EXPECT_EQ(run_program(command, kQuiet).error().message, "full");
}

TEST(Program, NoShellNoOtherVariablesNoOtherDescriptors) {
  const auto r =
      run_program({{"printf", "%s|", "$HOME", "`id`", "a b"}, {"PATH=/usr/bin:/bin"}, "", {}, nullptr}, kQuiet);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->output, "$HOME|`id`|a b|");
  ::setenv("DOCTEUR_TEST_SECRET", "secret", 1);
  EXPECT_EQ(run_program(sh("env"), kQuiet)->output.find("secret"), std::string::npos);
  EXPECT_NE(run_program({{"env"}, program_environment({"DOCTEUR_TEST_SECRET"}), "", {}, nullptr}, kQuiet)
                ->output.find("secret"),
            std::string::npos);
  EXPECT_EQ(run_program(sh("pwd"), kQuiet)->output.empty(), false);
  program_call elsewhere = sh("pwd");
  elsewhere.directory = "/";
  EXPECT_EQ(run_program(elsewhere, kQuiet)->output, "/\n");
}

TEST(Program, ProgramsThatAreNotThereAndUsersWhoStop) {
  const auto r = run_program({{"docteur-no-such-program"}, program_environment(), "", {}, nullptr}, kQuiet);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().who, blame::environment);
  EXPECT_EQ(r.error().message, "docteur-no-such-program: cannot be run: No such file or directory");
  EXPECT_EQ(run_program(sh("sleep 100"), interrupted()).error().message, "interrupted");
}

TEST(Program, ThreeDescriptorsAndNoSignalBlocked) {
  const int open_before = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto r =
      run_program(sh("for fd in /proc/self/fd/*; do echo ${fd##*/}; done; grep SigBlk /proc/self/status"), kQuiet);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::close(open_before);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->output.substr(0, r->output.find("SigBlk")), "0\n1\n2\n3\n") << "3 is the folder that is listed";
  EXPECT_NE(r->output.find("SigBlk:\t0000000000000000"), std::string::npos) << r->output;
}

TEST(Program, WhatIgnoresSigtermIsEndedAllTheSame) {
  EXPECT_EQ(run_program(sh("trap '' TERM; while :; do sleep 0.1; done"), interrupted()).error().message, "interrupted");
}

TEST(Program, StandardDescriptorsThatAreClosed) {
  EXPECT_EXIT(
      {
        for (const int fd : {0, 1, 2}) ::close(fd);
        const auto r = run_program(sh("cat; echo oops >&2", "in"), kQuiet);
        ::_exit(r && r->output == "in" && r->errors == "oops\n" ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}
