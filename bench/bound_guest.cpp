// A guest that answers whatever arrives with the same 2 KB: what the platform, the machine and its network cost without
// an HTTP server. bench/guest_bench --bound measures it beside docteur-cache.elf.

#include <array>
#include <string>

#include "unikernel-example/platform/entry.hpp"

namespace docteur::cache_vm {
namespace {

class constant_service final : public service {
 public:
  void opened(connection& c) override { c.user = nullptr; }
  void ready(connection& c) override {
    // A client has one request under way, and it is short: what has arrived is all of it.
    const std::size_t n = c.receive(std::as_writable_bytes(std::span(request_)));
    if (n > 0) {
      const bool last = std::string_view(request_.data(), n).find("Connection: close") != std::string_view::npos;
      (void)c.send(as_bytes(last ? closing_ : staying_));
      if (last) c.close();
    } else if (c.state() != connection::input::open) {
      c.close();
    }
  }

 private:
  static std::string reply(std::string_view field) {
    return "HTTP/1.1 200 OK\r\n" + std::string(field) + "Content-Length: 2048\r\n\r\n" + std::string(2048, 'x');
  }
  std::array<char, 4096> request_{};
  const std::string staying_ = reply("");
  const std::string closing_ = reply("Connection: close\r\n");
};

class nothing_else final : public application {
 public:
  void console_ready() override {}
  void tick(std::size_t) override {}
  [[nodiscard]] bool work(std::size_t) override { return false; }
  void arrived(std::size_t, std::uint64_t) override {}
  void reload() override {}
  [[nodiscard]] std::uint64_t drain_time() const override { return 0; }
  void drain(std::size_t) override {}
  void all_drain() override {}
  [[nodiscard]] bool is_drained(std::size_t) const override { return true; }
};

}  // namespace

int start(platform& on, std::span<const std::string_view>) {
  static constant_service all;
  nothing_else rest;
  service* const each = &all;
  return on.listen("", 80, {&each, 1}) && on.run(rest) != ending::failure ? 0 : 3;
}

}  // namespace docteur::cache_vm
