#include "source/remote/git_command.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "source/location.hpp"
#include "support/scratch.hpp"

namespace docteur {
namespace {

using namespace std::chrono_literals;

bool has(const std::vector<std::string>& list, std::string_view entry) {
  return std::ranges::find(list, entry) != list.end();
}

class GitCommand : public testing::Test {
 protected:
  child_command command(const std::string& url, const std::vector<std::string>& environment = {},
                        bool may_ask = false) {
    const auto where = parse_location(url);
    EXPECT_TRUE(where && where->remote) << url;
    return git_fetch_command({*where->remote, {"main"}, false, folder_.path().native()}, 60s, may_ask, environment);
  }
  private_folder folder_ = std::move(*private_folder::create());
};

TEST_F(GitCommand, UrlAndReferenceComeBehindTheOptions) {
  const auto arguments = command("https://h/x").arguments;
  const auto end = std::ranges::find(arguments, "--");
  ASSERT_EQ(arguments.end() - end, 3);
  EXPECT_EQ(end[1], "https://h/x");
  EXPECT_EQ(end[2], "+main");
  for (const char* const entry : {"--depth=1", "--no-tags", "--no-recurse-submodules", "transfer.bundleURI=false",
                                  "core.hooksPath=/dev/null", "protocol.ext.allow=never"})
    EXPECT_TRUE(has(arguments, entry)) << entry;
  EXPECT_TRUE(has(arguments, "http.lowSpeedTime=60"));
}

TEST_F(GitCommand, SeveralReferencesComeInTheirOrder) {
  const auto where = parse_location("https://h/x");
  fetch_request request{*where->remote, {"v1", "HEAD", "tag"}, false, folder_.path().native()};
  auto arguments = git_fetch_command(request, 60s, false, {}).arguments;
  const std::vector<std::string> wanted = {"--", "https://h/x", "+v1", "+HEAD", "+tag"};
  EXPECT_TRUE(std::ranges::equal(std::ranges::find(arguments, "--"), arguments.end(), wanted.begin(), wanted.end()));
  request.references = {"refs/tags/v"};
  request.is_listing = request.only_commits = true;
  arguments = git_fetch_command(request, 60s, false, {}).arguments;
  EXPECT_EQ(arguments.back(), "+refs/tags/v*:refs/tags/v*");
  EXPECT_TRUE(has(arguments, "--filter=tree:1") && has(arguments, "--depth=1"));
}

TEST_F(GitCommand, AllBranchesAndTagsComeWithTheirHistory) {
  const auto where = parse_location("https://h/x");
  const auto arguments =
      git_fetch_command({*where->remote, {}, false, folder_.path().native()}, 60s, false, {}).arguments;
  const auto end = std::ranges::find(arguments, "--");
  ASSERT_EQ(arguments.end() - end, 4);
  EXPECT_EQ(end[1], "https://h/x");
  EXPECT_TRUE(end[2].starts_with("+refs/heads/*:refs/docteur/")) << "no name of the server's becomes one that is used";
  EXPECT_TRUE(end[3].starts_with("+refs/tags/*:refs/docteur/"));
  EXPECT_FALSE(has(arguments, "--depth=1"));
}

TEST_F(GitCommand, NoSecretIsInArgumentsOrEnvironment) {
  const child_command c = command("https://jane:hunter2@h/x");
  for (const auto& list : {c.arguments, c.environment})
    for (const std::string& entry : list) EXPECT_EQ(entry.find("hunter2"), std::string::npos) << entry;
  EXPECT_TRUE(has(c.arguments, "credential.helper=")) << "the user's helpers would learn it";
}

TEST_F(GitCommand, SecretsAreInFilesOfOnesOwn) {
  const auto where = parse_location("https://ja\"ne:hun%25t er2@h:1/x");
  ASSERT_TRUE(where);
  ASSERT_TRUE(make_bare_repository(folder_, *where->remote, hash_kind::sha1));
  EXPECT_EQ(file_content(folder_.path() / "credentials"), "https://ja%22ne:hun%25t%20er2@h:1\n");
  EXPECT_NE(file_content(folder_.path() / "config").find("[credential \"https://h:1\"]\n\tusername = \"ja\\\"ne\""),
            std::string::npos);
  for (const char* const name : {"credentials", "config", "."}) {
    struct stat st {};
    ASSERT_EQ(::stat((folder_.path() / name).c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 077, 0u) << name;
  }
  forget_credentials(folder_);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "credentials"));
}

TEST_F(GitCommand, TheEnvironmentLeadsNowhereElse) {
  const child_command c =
      command("https://h/x", {"HOME=/me", "GIT_DIR=/x", "GIT_OBJECT_DIRECTORY=/x", "GIT_WORK_TREE=/x",
                              "GIT_ALTERNATE_OBJECT_DIRECTORIES=/x", "GIT_INDEX_FILE=/x", "LC_ALL=de",
                              "GIT_SSH_COMMAND=ssh -v", "GIT_CONFIG_COUNT=1", "GIT_CONFIG=/x"});
  for (const std::string& entry : c.environment) EXPECT_FALSE(entry.ends_with("=/x")) << entry;
  for (const char* const entry : {"HOME=/me", "GIT_SSH_COMMAND=ssh -v", "GIT_CONFIG_COUNT=1", "LC_ALL=C",
                                  "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=http:https:ssh:git"})
    EXPECT_TRUE(has(c.environment, entry)) << entry;
  EXPECT_TRUE(has(c.environment, "GIT_DIR=" + folder_.path().native()));
  EXPECT_FALSE(has(c.environment, "LC_ALL=de"));
}

TEST_F(GitCommand, AskingIsLeftToGitWhereThereIsATerminal) {
  EXPECT_TRUE(has(command("https://h/x", {"GIT_TERMINAL_PROMPT=1"}, true).environment, "GIT_TERMINAL_PROMPT=1"));
  EXPECT_FALSE(has(command("https://h/x", {"GIT_TERMINAL_PROMPT=1"}, false).environment, "GIT_TERMINAL_PROMPT=1"));
}

TEST_F(GitCommand, AUsersListOfTransportsOnlyGetsShorter) {
  EXPECT_TRUE(has(command("https://h/x", {"GIT_ALLOW_PROTOCOL=file:ssh:ext:https"}).environment,
                  "GIT_ALLOW_PROTOCOL=https:ssh"));
  EXPECT_TRUE(has(command("https://h/x", {"GIT_ALLOW_PROTOCOL="}).environment, "GIT_ALLOW_PROTOCOL="));
}

}  // namespace
}  // namespace docteur
