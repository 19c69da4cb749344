#include "source/remote/git_report.hpp"

#include <gtest/gtest.h>

#include <map>

namespace docteur {
namespace {

struct recorder : progress {
  std::map<std::string, std::uint64_t> totals, objects, bytes;
  std::string now;
  void phase(std::string_view name, std::uint64_t total) override { totals[now = name] = total; }
  void advance(std::uint64_t n) override { objects[now] += n; }
  void add_bytes(std::uint64_t n) override { bytes[now] += n; }
};

class GitReport : public testing::Test {
 protected:
  failure reason_of(std::string_view text, std::string_view asked = "main") {
    git_report report(from_, seen_);
    report.take(text);
    report.take("\n");
    return report.reason(asked);
  }
  void expect_said(std::string_view text, std::string_view why, blame who = blame::environment) {
    const failure got = reason_of(text);
    EXPECT_EQ(got.message, why);
    EXPECT_EQ(got.who, who) << why;
  }
  recorder seen_;
  remote_address from_;
};

TEST_F(GitReport, ProgressBecomesPhases) {
  const std::string text =
      "remote: Enumerating objects: 303, done.        \n"
      "remote: Counting objects:   0% (1/303)        \rremote: Counting objects: 100% (303/303), done.        \n"
      "remote: Compressing objects: 100% (7/7), done.        \nremote: Total 303 (delta 0), reused 303\n"
      "Receiving objects:   1% (3/300)\rReceiving objects:  50% (150/300), 1.50 KiB | 2.00 MiB/s\r"
      "Receiving objects: 100% (300/300), 2.25 MiB | 3.00 MiB/s, done.\nResolving deltas: 100% (9/9), done.\n"
      "From git://h/x\n * branch            HEAD       -> FETCH_HEAD\n";
  git_report report(from_, seen_);
  for (const char c : text) report.take({&c, 1});
  EXPECT_TRUE(report.answered());
  EXPECT_EQ(seen_.totals["fetching"], 300u);
  EXPECT_EQ(seen_.objects["fetching"], 300u);
  EXPECT_EQ(seen_.bytes["fetching"], 2359296u);
  EXPECT_EQ(seen_.objects["preparing"], 310u);
  EXPECT_EQ(seen_.totals["resolving"], 9u);
}

TEST_F(GitReport, NonsenseIsNoProgress) {
  for (const char* const text :
       {"Receiving objects:", "Receiving objects: x", "Receiving objects: (", "Receiving objects: (5",
        "Receiving objects: (5/", "Receiving objects: (5/99999999999999999999999)", "Receiving objects: (1/2), ",
        "Receiving objects: (1/2), 5 XB", "Receiving objects: (9/2)"}) {
    git_report report(from_, seen_);
    report.take(text);
    report.take("\n");
  }
  EXPECT_EQ(seen_.bytes["fetching"], 0u);
}

TEST_F(GitReport, TheReasonIsOneLine) {
  expect_said(
      "fatal: unable to access 'http://h/x/': Failed to connect to h port 1 after 0 ms: Couldn't connect to server",
      "Failed to connect to h port 1 after 0 ms: Couldn't connect to server");
  expect_said("fatal: unable to connect to h:\nh[0: 127.0.0.1]: errno=Connection refused\n\n",
              "unable to connect to h: h[0: 127.0.0.1]: errno=Connection refused");
  expect_said(
      "ssh: connect to host h port 22: Connection refused\r\nfatal: Could not read from remote repository.\n\n"
      "Please make sure you have the correct access rights\nand the repository exists.\n",
      "ssh: connect to host h port 22: Connection refused");
  expect_said(
      "error: RPC failed; curl 18 transfer closed\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack output",
      "RPC failed; curl 18 transfer closed");
  expect_said("fatal: couldn't find remote ref main", "main: no such branch or tag", blame::input);
  expect_said("fatal: remote error: access denied", "the server refuses: access denied");
  expect_said("fatal: transport 'file' not allowed",
              "transport 'file' not allowed for a source over the network; see git's url.<base>.insteadOf");
  expect_said("", "git failed without a message");
  const failure id = reason_of("fatal: couldn't find remote ref 12ab34", "12ab34");
  EXPECT_NE(id.message.find("all digits"), std::string::npos) << id.message;
  const failure head = reason_of("fatal: couldn't find remote ref HEAD", "HEAD");
  EXPECT_NE(head.message.find("HEAD points to no commit"), std::string::npos) << head.message;
}

TEST_F(GitReport, AnIdOfTheOtherKindTellsTheServers) {
  const std::string of_sha1(40, 'a'), of_sha256(64, 'a');
  const auto is_told = [this](const std::string& text) {
    git_report report(from_, seen_);
    report.take(text + "\n");
    return report.has_sha256();
  };
  for (const std::string front : {"Cannot obtain needed object ", "fatal: bad revision '"}) {
    EXPECT_TRUE(is_told(front + of_sha256 + (front.ends_with('\'') ? "'" : "") + "\nerror: fetch failed."));
    EXPECT_FALSE(is_told(front + of_sha1 + (front.ends_with('\'') ? "'" : "")));
    EXPECT_FALSE(is_told("remote: " + front + of_sha256)) << "a server cannot say it";
  }
  EXPECT_TRUE(is_told("fatal: mismatched algorithms: client sha1; server sha256"));
  EXPECT_FALSE(is_told("fatal: pack is corrupted (SHA1 mismatch)"));
}

TEST_F(GitReport, WhatTheServerSaysIsMarkedAsSuch) {
  expect_said("remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'http://h/x'",
              "the server does not accept the user name or the password (the server says: HTTP Basic: Access denied)");
  // A server cannot make a reason of git's.
  expect_said("remote: fatal: couldn't find remote ref main\nfatal: early EOF",
              "the connection ended in the middle (the server says: fatal: couldn't find remote ref main)");
}

TEST_F(GitReport, NoCredentialAndNoControlCharacterPasses) {
  from_.user = "jane";
  from_.password = "hunter2";
  EXPECT_EQ(reason_of("fatal: bad hunter2 and http://u:p@w@h/x 'ssh://me@h'").message,
            "bad *** and http://h/x 'ssh://h'");
  EXPECT_EQ(reason_of("remote: your password hunter2\nfatal: x").message, "x (the server says: your password ***)");
  EXPECT_EQ(reason_of("fatal: a\x1b[31mb\x9b"
                      "c\td")
                .message,
            "a\\x1b[31mb\\x9bc\\td");
  from_.url = "http://h/x?token=secret";
  from_.shown = "http://h/x";
  EXPECT_EQ(reason_of("fatal: what 'http://h/x?token=secret/' is").message, "what 'http://h/x/' is");
  from_ = {};
  from_.user = "a-long-token";
  EXPECT_EQ(reason_of("fatal: could not a-long-token").message, "could not ***");
  expect_said("jane@h: Permission denied (publickey).\nfatal: Could not read from remote repository.",
              "Permission denied (publickey); ssh needs a key that the server knows (ssh-add, ~/.ssh/config)");
  EXPECT_LT(reason_of("fatal: " + std::string(100000, 'x')).message.size(), 600u);
}

TEST_F(GitReport, WhatIsLongIsCut) {
  git_report report(from_, seen_);
  const std::string much(1 << 20, 'x');
  report.take("remote: ");
  for (int i = 0; i < 16; ++i) report.take(much);
  report.take("\n");
  for (int i = 0; i < 100'000; ++i) report.take("more words\n");
  report.take("fatal: " + much + "\n");
  const std::string told = report.reason("main").message;
  EXPECT_LT(told.size(), 700u);
  EXPECT_EQ(told, std::string(300, 'x') + "... (the server says: " + std::string(300, 'x') + "...)");
}

TEST_F(GitReport, AServerThatCannotLeaveOutHistory) {
  for (const char* const text :
       {"fatal: dumb http transport does not support shallow capabilities",
        "fatal: Server does not support shallow clients", "fatal: Server does not support shallow requests",
        "fatal: server doesn't support shallow"}) {
    git_report report(from_, seen_);
    report.take(std::string(text) + "\n");
    EXPECT_TRUE(report.lacks_shallow()) << text;
  }
  git_report report(from_, seen_);
  report.take("remote: fatal: Server does not support shallow clients\nfatal: early EOF\n");
  EXPECT_FALSE(report.lacks_shallow());
}

TEST_F(GitReport, OneOfSeveralReferencesIsNamed) {
  const std::vector<std::string> asked = {"v1", "v1.0", "refs/tags/v1", "main"};
  const auto named = [&](std::string_view text) {
    git_report report(from_, seen_);
    report.take(text);
    return report.named(asked);
  };
  EXPECT_EQ(named("fatal: couldn't find remote ref v1.0\n"), "v1.0");
  EXPECT_EQ(named("fatal: couldn't find remote ref v1\n"), "v1");
  EXPECT_EQ(named("fatal: couldn't find remote ref refs/tags/v1\n"), "refs/tags/v1");
  EXPECT_EQ(named("fatal: early EOF\n"), "v1");
  EXPECT_EQ(git_report(from_, seen_).named({}), "");
}

TEST_F(GitReport, AnObjectThatTheServerListsAndLacks) {
  const std::string id(40, '1'), line = "fatal: remote error: upload-pack: not our ref " + id + "\n";
  EXPECT_EQ(reason_of(line, "v1").message, "the server lists " + id + ", but does not have it");
  EXPECT_EQ(reason_of(line, "v1").who, blame::input);
  EXPECT_TRUE(reason_of(line, id).message.starts_with("commit " + id + " does not exist")) << "it was asked for";
}

TEST_F(GitReport, AServerThatLeavesNothingOut) {
  for (const char* const text :
       {"warning: filtering not recognized by server, ignoring", "warning: option \"filter\" is ignored for http://h/x",
        "fatal: remote error: filter 'tree' not supported"}) {
    git_report report(from_, seen_);
    EXPECT_TRUE(report.is_silent());
    report.take(std::string(text) + "\n");
    EXPECT_TRUE(report.lacks_filter()) << text;
    EXPECT_FALSE(report.is_silent()) << text;
  }
  git_report report(from_, seen_);
  report.take("Receiving objects: 100% (6/6), done.\nFrom http://h/filter\n * [new tag] filter -> filter\n");
  report.take("remote: warning: filtering not recognized by server, ignoring\n");
  EXPECT_FALSE(report.lacks_filter());
}

TEST_F(GitReport, AnIdThatIsNoFile) {
  const std::string id(40, '1');
  const std::string line = "error: Unable to find " + id + " under http://h/x\n";
  git_report report(from_, seen_);
  report.take(line);
  EXPECT_TRUE(report.refuses_id(id));
  EXPECT_FALSE(report.refuses_id(std::string(40, '2')));
  EXPECT_FALSE(report.refuses_id("main"));
  EXPECT_EQ(report.reason(id).who, blame::input);
  EXPECT_EQ(report.reason("main").who, blame::environment) << "a repository that lacks a file of its own";
}

}  // namespace
}  // namespace docteur
