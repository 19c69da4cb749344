// The server with several event loops: clients, replaced images, status and the end of the process, all at once.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/base64.hpp"
#include "cache/served_site.hpp"
#include "object/sha256.hpp"
#include "support/scratch.hpp"
#include "unikernel-example/platform/entry.hpp"
#include "unikernel-example/platform/linux/linux_platform.hpp"
#include "unikernel-example/platform/linux/server_signals.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::size_t kThreads = 4;
constexpr int kClients = 6;
constexpr int kSwaps = 20;

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&at), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
  close(fd);
  return ntohs(at.sin_port);
}

// A client of one connection. Empty answers when the server does not take it.
class client {
 public:
  explicit client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    is_good_ = connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { close(fd_); }

  // The whole response, which has a Content-Length.
  std::string get(std::string_view path, std::string_view fields = {}) {
    const std::string request =
        "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
    if (!is_good_ || send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
    std::string got;
    for (std::size_t whole = std::string::npos; got.size() < whole;) {
      std::array<char, 1 << 16> piece;
      const ssize_t n = recv(fd_, piece.data(), piece.size(), 0);
      if (n <= 0) return {};
      got.append(piece.data(), static_cast<std::size_t>(n));
      const std::size_t end = got.find("\r\n\r\n");
      if (end == std::string::npos || whole != std::string::npos) continue;
      const std::size_t at = got.find("Content-Length: ");
      if (at == std::string::npos) return {};
      whole = end + 4 + std::stoul(got.substr(at + 16));
    }
    return got;
  }

 private:
  int fd_;
  bool is_good_;
};

std::string body(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : response.substr(end + 4);
}

class served {
 public:
  served() : texts_{"<h1>first</h1>", "<h1>second</h1>"} {
    for (const std::string& text : texts_) images_.push_back(make_site(text));
    put(0);
    auto made = linux_platform::make({{image_}, {}, kThreads, false, {}, {}, 0666, {}});
    EXPECT_TRUE(made);
    platform_ = std::move(*made);
    server_ = std::thread([this] {
      const std::string listen = "listen=127.0.0.1:" + std::to_string(port_);
      const std::array<std::string_view, 4> words{listen, "cache=1000000", "dictionaries=60", "prefetch"};
      status_ = start(*platform_, words);
    });
    while (get_new("/").empty()) std::this_thread::yield();
  }
  void put(std::size_t which) {
    const buffer& raw = images_[which].raw;
    std::ofstream(image_ + ".new").write(reinterpret_cast<const char*>(raw.data()), std::ssize(raw));
    std::filesystem::rename(image_ + ".new", image_);
  }
  std::string get_new(std::string_view path) { return client(port_).get(path); }
  int end() {
    ::kill(::getpid(), SIGTERM);
    server_.join();
    return status_;
  }

  const std::array<std::string, 2> texts_;
  std::vector<site_image> images_;
  scratch folder_;
  const std::string image_ = folder_.path() + "/the.img";
  const std::uint16_t port_ = free_port();
  std::unique_ptr<linux_platform> platform_;
  std::thread server_;
  int status_ = -1;
};

TEST(ServerThreads, ShareAllButConnections) {
  const server_signals signals;
  served s;
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::atomic<int> right{0};
  const auto check = [&](bool is_right) { ++(is_right ? right : wrong); };
  std::atomic<int> coded{0};  // with a dictionary, for which the request waited
  const std::string has_page =
      "Accept-Encoding: dcz\r\nAvailable-Dictionary: :" + base64_encoded(as_text(sha256_of(as_bytes(kPage)).view())) +
      ":\r\n";
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      while (!over) {
        client c(s.port_);
        for (int n = 0; n < 10 + i; ++n) {
          const std::string first = body(c.get("/"));
          check(first == s.texts_[0] || first == s.texts_[1]);
          check(body(c.get("/page.html")) == kPage);
          check(body(c.get("/large.txt")) == kLarge);
          const std::string page = c.get("/page.html", has_page);
          const bool is_coded = field_of(page, "Content-Encoding") == "dcz";
          coded += is_coded;
          check(is_coded ? body(page).starts_with("\x5e\x2a\x4d\x18") && body(page).size() < 200 : body(page) == kPage);
        }
        check(c.get("/damaged.txt").starts_with("HTTP/1.1 500"));
        check(c.get("/.docteur/status").find("\"threads\":4") != std::string::npos);
        check(c.get("/.docteur/metrics").find("docteur_thread_requests_total{thread=\"3\"}") != std::string::npos);
      }
    });
  }
  for (std::size_t i = 0; i < kSwaps; ++i) {
    s.put(i % 2);
    ::kill(::getpid(), SIGHUP);
    // New connections, on whatever loop, get the new version from some moment on.
    while (body(s.get_new("/")) != s.texts_[i % 2]) std::this_thread::yield();
    for (int n = 0; n < 20; ++n) EXPECT_EQ(body(s.get_new("/")), s.texts_[i % 2]);
  }
  over = true;
  for (std::thread& t : clients) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(right, 0);
  EXPECT_GT(coded, 0);
  EXPECT_EQ(s.end(), 0);
  EXPECT_EQ(s.get_new("/"), "");
}

}  // namespace
}  // namespace docteur::cache_vm::on_linux
