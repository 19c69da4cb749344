// Property: whatever a client of HTTP/2 sends, however it is cut, each request that the application sees is one head
// and its content, the application is asked to let go of each of its streams, and the session ends.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>

#include "fuzz/property.hpp"
#include "unikernel-example/platform/linux/http2_session.hpp"

namespace {

using namespace docteur;
using namespace docteur::cache_vm;
using namespace docteur::cache_vm::on_linux;

constexpr std::size_t kPiece = 1000;

class fake_link final : public connection {
 public:
  std::size_t receive(mutable_bytes into) override {
    const std::size_t n = std::min(into.size(), arrived.size());
    std::copy_n(arrived.begin(), n, into.begin());
    arrived = arrived.subspan(n);
    return n;
  }
  input state() const override { return over ? input::ended : input::open; }
  std::size_t send(bytes from) override {
    const std::size_t n = std::min(from.size(), left);
    left -= n;
    return n;
  }
  std::size_t room() const override { return left; }
  std::uint64_t delivered() const override { return 0; }
  void close() override { closed = true; }
  void abort() override { closed = true; }
  std::string peer() const override { return "192.0.2.1:1"; }

  bytes arrived;
  std::size_t left = 0;
  bool over = false, closed = false;
};

// Reads requests, and answers some with more than a stream has room for.
class fake_service final : public service {
 public:
  void opened(connection& c) override {
    PROPERTY(c.is_stream());
    PROPERTY(open.emplace(&c, state{}).second);
  }
  void ready(connection& c) override {
    const auto at = open.find(&c);
    PROPERTY(at != open.end());
    state& s = at->second;
    std::array<std::byte, 512> into;
    for (std::size_t n = c.receive(into); n > 0; n = c.receive(into)) s.text += as_text(bytes(into).first(n));
    if (c.state() == connection::input::broken) return let_go(c, /*at_once=*/true);
    check(s.text);
    if (s.text.find("\r\n\r\n") == std::string::npos) return;
    const std::string head = s.text.find("x") % 2 == 0 ? "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n"
                                                       : "HTTP/1.1 200 OK\r\nConnection: close\r\nA: b\r\n\r\n";
    if (s.sent == 0 && c.send(as_bytes(head)) != head.size()) return let_go(c, true);
    s.sent = std::max<std::size_t>(s.sent, 1);
    if (head[9] == '2' && head[11] == '4') return let_go(c, false);
    const std::size_t pieces = s.text.find("w") != std::string::npos ? 80 : 3;
    while (s.sent <= pieces) {
      if (c.send(as_bytes(kBody)) < kBody.size()) return;
      ++s.sent;
    }
    let_go(c, s.text.find("y") % 2 == 0);
  }

  struct state {
    std::string text;
    std::size_t sent = 0;
  };
  std::map<connection*, state> open;

 private:
  static inline const std::string kBody = std::string(kPiece, 'b');

  void let_go(connection& c, bool at_once) {
    open.erase(&c);
    at_once ? c.abort() : c.close();
  }
  static void check(const std::string& text) {
    const std::size_t end = text.find("\r\n\r\n");
    PROPERTY(end != std::string::npos);
    const std::string head = text.substr(0, end + 2);
    std::size_t lines = 0;
    for (std::size_t at = 0; at < head.size(); ++lines) {
      const std::size_t next = head.find('\r', at);
      PROPERTY(head[next + 1] == '\n' && head.find('\n', at) == next + 1);
      const std::string line = head.substr(at, next - at);
      PROPERTY(line.find('\0') == std::string::npos && !line.empty());
      if (lines == 0) {
        PROPERTY(line.ends_with(" HTTP/2.0") && std::ranges::count(line, ' ') == 2);
      } else {
        PROPERTY(line.find(": ") != std::string::npos && line.find(": ") > 0);
      }
      at = next + 2;
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0] * std::size_t{7};  // bytes of each read
  const std::size_t room = 100 + data[1] * std::size_t{300};
  bytes rest = fuzz_input(data, size).subspan(2);
  std::atomic<std::size_t> open{0};
  fake_link link;
  fake_service app;
  {
    http2_session s(link, app, {1, 50, 1'000'000'000}, open);
    s.take(as_bytes(http2_session::kPreface));
    std::uint64_t now = 1;
    for (std::size_t turns = 0; !link.closed && turns < 300; ++turns) {
      const bytes next = rest.first(std::min(piece, rest.size()));
      rest = rest.subspan(next.size());
      link.arrived = next;
      link.left = room;
      link.over = rest.empty() && turns > 200;
      s.ready(link);
      if (rest.empty()) s.tick(now += 100'000'000);
      if (turns == 150) s.drain();
    }
    PROPERTY(open == 1);
  }
  PROPERTY(open == 0);
  if (link.closed) PROPERTY(app.open.empty());
  return 0;
}
