#include "base/fork_server.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "source/remote/fetch_request.hpp"

namespace docteur {
namespace {

using namespace std::chrono_literals;

// Requests: "say TEXT" tells and ends with 3, "sleep" never ends, "signals" tells what is blocked, ignored and caught.
int work(const std::string& request, int told) {
  if (request.starts_with("say ")) return ::write(told, request.data() + 4, request.size() - 4) > 0 ? 3 : 4;
  if (request == "signals") {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("Sig") && !line.starts_with("SigQ") &&
          ::write(told, (line + "\n").data(), line.size() + 1) < 0)
        return 4;
    return 0;
  }
  for (;;) ::pause();
}

std::string finish(child_process& child) {
  std::string said;
  while (!child.wait(100ms, said)) {
  }
  return said;
}

TEST(ForkServer, CopiesAnswerAndTellTheirStatus) {
  auto server = fork_server::start(work);
  ASSERT_TRUE(server) << server.error().message;
  const std::string much(300'000, 'x');  // more than a socket holds
  for (const std::string& text : {std::string("hello"), much.substr(0, 50'000), much}) {
    auto child = server->run("say " + text);
    ASSERT_TRUE(child) << child.error().message;
    const std::string said = finish(*child);
    EXPECT_EQ(said, text.substr(0, child_process::kMostAtOnce));
    EXPECT_EQ(WEXITSTATUS(child->status()), 3);
  }
}

TEST(ForkServer, WhatIsKilledIsGoneAndTheServerGoesOn) {
  auto server = fork_server::start(work);
  ASSERT_TRUE(server);
  {
    auto child = server->run("sleep");
    ASSERT_TRUE(child);
    std::string said;
    EXPECT_FALSE(child->wait(10ms, said));
    child->kill();
    EXPECT_TRUE(child->wait(10ms, said));
    EXPECT_EQ(WTERMSIG(child->status()), SIGTERM);
    auto left_behind = server->run("sleep");
    ASSERT_TRUE(left_behind);
  }
  auto child = server->run("say still here");
  ASSERT_TRUE(child);
  EXPECT_EQ(finish(*child), "still here");
}

TEST(ForkServer, SignalsAreAsAProgramBeginsWithThem) {
  ::signal(SIGTERM, [](int) {});
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);  // as nohup does
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  auto server = fork_server::start(work);
  ASSERT_TRUE(server);
  auto child = server->run("signals");
  ASSERT_TRUE(child);
  const std::string said = finish(*child);
  const auto bits = [&](const std::string& name) {
    return std::stoull(said.substr(said.find(name + ":\t") + name.size() + 2, 16), nullptr, 16);
  };
  EXPECT_EQ(bits("SigBlk"), 0u) << said;
  EXPECT_EQ(bits("SigCgt") & (1u << (SIGTERM - 1)), 0u) << said;
  EXPECT_EQ(bits("SigIgn") & (1u << (SIGXFSZ - 1)), 0u) << said;
  EXPECT_NE(bits("SigIgn") & (1u << (SIGHUP - 1)), 0u) << said;
}

TEST(ForkServer, ARequestIsUnderstoodAsItWasMeant) {
  fetch_request request;
  request.from.by = transport::git;
  request.from.url = "git://h/\n\x01x";
  request.from.path_at = 7;
  request.from.shown = "shown";
  request.from.user = "jane";
  request.references = {"main", "refs/tags/v1"};
  request.history = true;
  request.repository = std::string("/a\0b", 4);
  for (const std::optional<std::string>& password : {std::optional<std::string>(), {""}, {"p:w"}}) {
    request.from.password = password;
    const std::string text = encode(request);
    const auto got = decode_fetch_request(text);
    ASSERT_TRUE(got);
    EXPECT_EQ(encode(*got), text);
    EXPECT_EQ(got->from.password, password);
    EXPECT_EQ(got->from.url, request.from.url);
    EXPECT_EQ(got->from.by, transport::git);
    EXPECT_EQ(got->repository, request.repository);
    EXPECT_TRUE(got->history);
    for (std::size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(decode_fetch_request(text.substr(0, n))) << n;
  }
}

// Last: no server starts in a process that has had threads.
TEST(ForkServer, ManyAtOnceAndFromThreadsThatCameLater) {
  auto server = fork_server::start(work);
  ASSERT_TRUE(server);
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n) {
        auto child = server->run("say " + std::to_string(i));
        if (child && finish(*child) == std::to_string(i)) ++good;
      }
    });
  threads.clear();
  EXPECT_EQ(good, 40);
}

TEST(ForkServer, AProcessWithThreadsIsNotCopied) {
  std::jthread other([](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
  });
  const auto server = fork_server::start(work);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().who, blame::environment);
  EXPECT_NE(server.error().message.find("threads"), std::string::npos);
}

}  // namespace
}  // namespace docteur
