// TEMPORARY: stands in for the application until there is one, so that the platform can be tried: each request is
// answered with the file that it names, or with README.md of the first image.

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "reader/heap.hpp"
#include "reader/image_reader.hpp"
#include "unikernel-example/platform/entry.hpp"

namespace docteur::cache_vm {
namespace {

struct session {
  std::string in;
  std::string out;
  std::size_t sent = 0;
  bool last = false;
};

class trial final : public application, public service {
 public:
  trial(platform& on, image_reader& from) : on_(on), from_(from) {}
  void opened(connection& c) override { c.user = new session; }
  void ready(connection& c) override {
    auto* s = static_cast<session*>(c.user);
    if (c.state() == connection::input::broken) return drop(c, s);
    char text[2048];
    while (const std::size_t n = c.receive(std::as_writable_bytes(std::span(text)))) s->in.append(text, n);
    for (;;) {
      while (s->sent < s->out.size()) {
        const std::size_t n = c.send(as_bytes(s->out).subspan(s->sent));
        if (n == 0) return;
        s->sent += n;
      }
      if (s->last) break;
      const std::size_t end = s->in.find("\r\n\r\n");
      if (end == s->in.npos) break;
      answer(*s, s->in.substr(0, end));
      s->in.erase(0, end + 4);
    }
    if (s->last || c.state() == connection::input::ended) {
      c.close();
      delete s;
    }
  }
  void console_ready() override {
    char text[64];
    const std::size_t n = on_.console_read(text);
    for (char c : std::string_view(text, n)) {
      if (c == 'h') on_.stop(ending::halt);
      if (c == 'r') on_.stop(ending::reboot);
      if (c == 'f') on_.stop(ending::failure);
      if (c == 's') {
        const memory_use m = on_.memory();
        on_.console_write(on_.network_status() + "\n");
        std::printf("memory: %llu of %llu KiB, date %lld\n", static_cast<unsigned long long>(m.used / 1024),
                    static_cast<unsigned long long>(m.total / 1024),
                    static_cast<long long>(on_.wall_clock().value_or(-1)));
      }
    }
  }
  void tick() override {}
  bool work() override { return false; }

 private:
  static void drop(connection& c, session* s) {
    c.abort();
    delete s;
  }
  void answer(session& s, const std::string& request) {
    const std::size_t from = request.find(' ') + 1;
    std::string path = request.substr(from, request.find(' ', from) - from);
    if (path == "/") path = "/README.md";
    s.last = request.find("HTTP/1.0") != request.npos && request.find("eep-") == request.npos;
    s.last = s.last || request.find("onnection: close") != request.npos;
    if (const auto kept = kept_.find(path + (s.last ? "!" : "")); kept != kept_.end()) {
      s.out = kept->second;
      s.sent = 0;
      return;
    }
    std::string body;
    const char* status = "200 OK";
    const auto node = from_.of().find(path);
    const auto size = node ? from_.size(*node) : result<std::uint64_t>(fail(errc::not_found, 0, "no such path"));
    if (size) {
      body.resize(*size);
      if (auto read = from_.read(*node, std::as_writable_bytes(std::span(body)), check::no); !read) {
        status = "500 Internal Server Error";
        body = read.error().what;
      }
    } else {
      status = "404 Not Found";
      body = size.error().what;
    }
    s.out = std::string("HTTP/1.1 ") + status + "\r\nContent-Length: " + std::to_string(body.size()) +
            (s.last ? "" : "\r\nConnection: keep-alive") + "\r\n\r\n";
    s.out += body;
    s.sent = 0;
    if (size && *size < 4096) kept_[path + (s.last ? "!" : "")] = s.out;
  }
  std::map<std::string, std::string> kept_;
  platform& on_;
  image_reader& from_;
};

}  // namespace

int start(platform& on, std::span<const std::string_view> words) {
  for (std::string_view w : words)
    if (w == "crash") asm volatile("movl $1, 16");
  const auto disks = on.disks();
  if (disks.empty()) {
    std::printf("failure: there is no disk\n");
    return 1;
  }
  std::printf("disk %s: %llu bytes\n", disks[0].name.c_str(), static_cast<unsigned long long>(disks[0].view.size));
  auto attached = image::attach(disks[0].view, heap_memory());
  if (!attached) {
    std::printf("failure: disk %s: %s at 0x%llx: %s\n", disks[0].name.c_str(), name(attached.error().code),
                static_cast<unsigned long long>(attached.error().at), attached.error().what);
    return 1;
  }
  auto reader = image_reader::make(*attached, heap_memory(), 2u << 20);
  if (!reader) return 1;
  trial t(on, *reader);
  if (!on.listen("", 80, t)) std::printf("remark: no network\n");
  std::printf("ready after %llu ms\n", static_cast<unsigned long long>(on.monotonic_ns() / 1'000'000));
  static_cast<void>(on.run(t));
  return 0;
}

}  // namespace docteur::cache_vm
