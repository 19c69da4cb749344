#include "base/leftover.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/temporary_folder.hpp"

namespace docteur {
namespace {

TEST(Leftover, IsTakenAwayOnceAndNotWhereItWasNotMade) {
  int removed = 0;
  const auto made = [&]() -> std::function<void()> { return [&] { ++removed; }; };
  {
    leftover first(made);
    EXPECT_TRUE(first);
    leftover second = std::move(first);
    EXPECT_FALSE(first);
    EXPECT_EQ(removed, 0);
  }
  EXPECT_EQ(removed, 1);
  {
    leftover kept(made);
    kept.keep();
    EXPECT_FALSE(kept);
    leftover replaced(made);
    replaced = leftover(made);  // the one that was there before goes
    EXPECT_EQ(removed, 2);
  }
  EXPECT_EQ(removed, 3);
  const leftover none([]() -> std::function<void()> {
    errno = EEXIST;
    return {};
  });
  EXPECT_EQ(errno, EEXIST);
  EXPECT_FALSE(none);
}

// In a process of its own: nothing can be made after it.
TEST(Leftover, AllGoAtTheEndTheYoungestFirst) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::string order;
    const auto named = [&](char name) {
      return leftover([&, name]() -> std::function<void()> { return [&, name] { order += name; }; });
    };
    const leftover a = named('a');
    const leftover b = named('b');
    leftover kept = named('c');
    kept.keep();
    leftover::remove_all();
    ::_exit(order == "ba" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(TemporaryFolder, IsWhereTheEnvironmentSays) {
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", "/", 1);
  EXPECT_EQ(*temporary_folder(), "/");
  ::setenv("TMPDIR", "", 1);
  EXPECT_EQ(*temporary_folder(), "/tmp");
  ::unsetenv("TMPDIR");
  EXPECT_EQ(*temporary_folder(), "/tmp");
  for (const char* const bad : {"/nowhere/at-all", "/dev/null"}) {
    ::setenv("TMPDIR", bad, 1);
    const auto folder = temporary_folder();
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().who, blame::environment);
    EXPECT_NE(folder.error().message.find(bad), std::string::npos) << folder.error().message;
  }
  if (before == nullptr) {
    ::unsetenv("TMPDIR");
  } else {
    ::setenv("TMPDIR", kept.c_str(), 1);
  }
}

}  // namespace
}  // namespace docteur
