// Lines of an access log, and where they go.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <thread>

#include "support/scratch.hpp"
#include "unikernel-example/platform/linux/access_log.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

const log_time kWhen{"28/Nov/2026:22:08:56 +0000", "2026-11-28T22:08:56+00:00"};

served_request request_of(std::string_view text) {
  return {"192.0.2.1", text, text, text, text, 200, 1234, 1'600'000'000, 5'678'900};
}

std::string line_of(line_format format, const served_request& r) {
  std::string out;
  append_line(format, r, kWhen, out);
  return out;
}

std::size_t lines_in(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

TEST(AccessLine, Formats) {
  const served_request r{"2001:db8::1", "GET /a HTTP/1.1", "example.org", "", "curl/8", 206, 10, 0, 1'500'000};
  EXPECT_EQ(line_of(line_format::common, r),
            "2001:db8::1 - - [28/Nov/2026:22:08:56 +0000] \"GET /a HTTP/1.1\" 206 10\n");
  EXPECT_EQ(line_of(line_format::combined, r),
            "2001:db8::1 - - [28/Nov/2026:22:08:56 +0000] \"GET /a HTTP/1.1\" 206 10 \"-\" \"curl/8\"\n");
  EXPECT_EQ(line_of(line_format::json, r),
            "{\"time\":\"2026-11-28T22:08:56+00:00\",\"remote_addr\":\"2001:db8::1\",\"request\":\"GET /a HTTP/1.1\","
            "\"host\":\"example.org\",\"status\":206,\"body_bytes_sent\":10,\"http_referer\":\"\","
            "\"http_user_agent\":\"curl/8\",\"duration_us\":1500}\n");
}

TEST(AccessLine, NothingThatAClientSendsEndsALineOrAQuote) {
  EXPECT_EQ(line_of(line_format::combined, request_of("a\"b\\c\r\nd\x7f\xc3\xa9")),
            "192.0.2.1 - - [28/Nov/2026:22:08:56 +0000] \"a\\x22b\\x5Cc\\x0D\\x0Ad\\x7F\\xC3\\xA9\" 200 1234 "
            "\"a\\x22b\\x5Cc\\x0D\\x0Ad\\x7F\\xC3\\xA9\" \"a\\x22b\\x5Cc\\x0D\\x0Ad\\x7F\\xC3\\xA9\"\n");
  for (int b = 0; b < 256; ++b) {
    const std::string text = std::string(static_cast<std::size_t>(b) % 19, 'x') + static_cast<char>(b) + "yyyyyyyyyy";
    for (const line_format f : {line_format::common, line_format::combined, line_format::json}) {
      const std::string line = line_of(f, request_of(text));
      EXPECT_EQ(lines_in(line), 1u) << b;
      EXPECT_TRUE(std::ranges::all_of(line.substr(0, line.size() - 1), [](char c) { return c >= 0x20 || c < 0; })) << b;
      // Each text has its two quotes: what is inside is escaped.
      std::size_t quotes = 0;
      for (std::size_t i = 0; i < line.size(); ++i) quotes += line[i] == '"' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
      const std::size_t expected = f == line_format::common ? 2 : f == line_format::combined ? 6 : 30;
      EXPECT_EQ(quotes, expected) << b << line;
    }
  }
}

TEST(AccessLine, LocalTime) {
  ASSERT_EQ(setenv("TZ", "XXX-5:30", 1), 0);
  tzset();
  const log_time t = make_log_time(1'600'000'000);
  EXPECT_EQ(t.common, "13/Sep/2020:17:56:40 +0530");
  EXPECT_EQ(t.iso, "2020-09-13T17:56:40+05:30");
  unsetenv("TZ");
  tzset();
}

TEST(LogPlace, Parse) {
  EXPECT_EQ(log_place::parse("")->what, log_place::kind::none);
  EXPECT_EQ(log_place::parse("-")->inherited(), 1);
  EXPECT_EQ(log_place::parse("stderr")->inherited(), 2);
  EXPECT_EQ(log_place::parse("syslog")->inherited(), -1);
  EXPECT_EQ(log_place::parse("syslog")->path, "/dev/log");
  EXPECT_EQ(log_place::parse("syslog:/run/x")->path, "/run/x");
  EXPECT_EQ(log_place::parse("./stderr")->path, "./stderr");
  EXPECT_EQ(log_place::parse("./-")->path, "./-");
  EXPECT_FALSE(log_place::parse("syslog:"));
}

class AccessLog : public testing::Test {
 protected:
  std::unique_ptr<access_log> open(const std::string& place, std::size_t loops = 1) {
    auto log = access_log::open(*log_place::parse(place), line_format::common, loops,
                                [this](const std::string& text) { said += text + "\n"; });
    EXPECT_TRUE(log);
    return log ? std::move(*log) : nullptr;
  }
  scratch folder;
  std::string said;
};

TEST_F(AccessLog, WritesLinesOfAllLoops) {
  const std::string file = folder.path() + "/a.log";
  const auto log = open(file, 3);
  for (std::size_t i = 0; i < 3000; ++i) log->add(i % 3, request_of("GET / HTTP/1.1"));
  log->end();
  EXPECT_EQ(lines_in(file_content(file)), 3000u);
  EXPECT_EQ(log->lines(), 3000u);
  EXPECT_EQ(log->lost(), 0u);
}

TEST_F(AccessLog, ReopensItsFile) {
  const std::string file = folder.path() + "/a.log";
  const auto log = open(file);
  log->add(0, request_of("one"));
  ASSERT_EQ(std::rename(file.c_str(), (file + ".1").c_str()), 0);
  log->reopen();
  struct stat there {};
  while (stat(file.c_str(), &there) != 0) usleep(1000);
  log->add(0, request_of("two"));
  log->end();
  EXPECT_NE(file_content(file + ".1").find("\"one\""), std::string::npos);
  EXPECT_EQ(lines_in(file_content(file + ".1")), 1u);
  EXPECT_NE(file_content(file).find("\"two\""), std::string::npos);
}

TEST_F(AccessLog, KeepsTheFileThatItCannotOpenAgain) {
  const std::string top = folder.path() + "/logs";
  ASSERT_EQ(mkdir(top.c_str(), 0755), 0);
  const auto log = open(top + "/a.log");
  ASSERT_EQ(std::rename(top.c_str(), (top + "2").c_str()), 0);
  log->reopen();
  log->add(0, request_of("one"));
  log->end();
  EXPECT_EQ(lines_in(file_content(top + "2/a.log")), 1u);
  EXPECT_NE(said.find("the former file is used"), std::string::npos);
}

// Nobody reads: no call waits, what does not fit is counted, and what is written is whole.
TEST_F(AccessLog, AReaderThatStopsCostsLinesOnly) {
  const std::string fifo = folder.path() + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  const auto log = open(fifo);
  constexpr std::size_t kLines = 100'000;
  for (std::size_t i = 0; i < kLines; ++i) log->add(0, request_of("GET /a/path HTTP/1.1"));
  EXPECT_GT(log->lost(), 0u);
  EXPECT_EQ(log->lines() + log->lost(), kLines);
  std::string all;
  std::thread drain([&] {
    std::array<char, 65536> piece;
    for (;;) {
      const ssize_t n = ::read(reader, piece.data(), piece.size());
      if (n == 0) return;  // the log has ended
      if (n > 0) all.append(piece.data(), static_cast<std::size_t>(n));
      if (n < 0) usleep(1000);
    }
  });
  log->end();
  drain.join();
  EXPECT_EQ(lines_in(all), kLines - log->lost());
  std::istringstream lines(all);
  const std::string whole = [&] {
    std::string first;
    std::getline(lines, first);
    return first.substr(first.find('"'));
  }();
  for (std::string line; std::getline(lines, line);) ASSERT_TRUE(line.ends_with(whole)) << line;
  ::close(reader);
}

TEST_F(AccessLog, AReaderThatGoesAwayIsToldOnce) {
  const std::string fifo = folder.path() + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const auto log = open(fifo);
  ::close(reader);
  std::signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < 3; ++i) {
    log->add(0, request_of("x"));
    log->flush();
    while (log->lost() < static_cast<std::uint64_t>(i) + 1) usleep(1000);
  }
  log->end();
  EXPECT_EQ(said, "access log: Broken pipe; lines are lost\n");
}

int listen_at(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, path.c_str(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  return fd;
}

std::string message_at(int fd) {
  std::array<char, 4096> text;
  const ssize_t n = ::recv(fd, text.data(), text.size(), 0);
  return {text.data(), n < 0 ? 0 : static_cast<std::size_t>(n)};
}

TEST_F(AccessLog, Syslog) {
  const std::string path = folder.path() + "/log";
  const auto log = open("syslog:" + path);  // nobody is there yet
  log->add(0, request_of("lost"));
  log->flush();
  while (log->lost() == 0) usleep(1000);
  for (int round = 0; round < 2; ++round) {
    const int fd = listen_at(path);
    log->add(0, request_of("GET / HTTP/1.1"));
    log->flush();
    const std::string text = message_at(fd);
    EXPECT_TRUE(text.starts_with("<190>")) << text;
    EXPECT_NE(text.find(" docteur-cache: 192.0.2.1 - - ["), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("\"GET / HTTP/1.1\" 200 1234")) << text;
    ::close(fd);  // as a logger that is started anew
    ::unlink(path.c_str());
  }
  EXPECT_EQ(log->lost(), 1u);
}

}  // namespace
}  // namespace docteur::cache_vm::on_linux
