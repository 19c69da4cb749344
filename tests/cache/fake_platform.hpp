#pragma once
// A platform in memory: tests set its clock, its connections record what was sent, its disks are buffers.

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unikernel-example/platform/linux/gzip_coder.hpp"
#include "unikernel-example/platform/linux/zstd_coder.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

class fake_connection final : public connection {
 public:
  std::size_t receive(mutable_bytes into) override {
    const std::size_t n = std::min({into.size(), arriving.size(), at_once});
    std::copy_n(as_bytes(arriving).begin(), n, into.begin());
    arriving.erase(0, n);
    return n;
  }
  input state() const override {
    return broken ? input::broken : (ended && arriving.empty() ? input::ended : input::open);
  }
  std::size_t send(bytes from) override {
    const std::size_t n = std::min(from.size(), room());
    sent.append(as_text(from.first(n)));
    taken += n;
    return n;
  }
  std::size_t room() const override { return broken ? 0 : window - std::min(window, taken); }
  std::uint64_t delivered() const override { return read; }
  void close() override { closed = true; }
  void abort() override { aborted = true; }
  std::string peer() const override { return "192.0.2.1:4711"; }

  // The client reads up to `n` of the waiting bytes.
  void drain(std::size_t n) {
    n = std::min(n, taken);
    taken -= n;
    read += n;
  }
  [[nodiscard]] bool is_over() const { return closed || aborted; }

  std::string arriving;
  std::string sent;
  std::size_t at_once = static_cast<std::size_t>(-1);
  std::size_t window = std::size_t{1} << 30;
  std::size_t taken = 0;
  std::uint64_t read = 0;
  bool ended = false, broken = false, closed = false, aborted = false;
};

class fake_platform final : public platform {
 public:
  std::string_view name() const override { return "fake"; }
  std::uint64_t monotonic_ns() const override { return now_ns; }
  std::optional<std::int64_t> wall_clock() const override { return seconds; }
  void console_write(std::string_view text) override { console += text; }
  std::size_t console_read(std::span<char> into) override {
    const std::size_t n = std::min(into.size(), typed.size());
    std::copy_n(typed.begin(), n, into.begin());
    typed.erase(0, n);
    return n;
  }
  std::vector<disk> disks() override { return all_disks; }
  void wait_for_disks(bool waits) override { may_wait = waits; }
  bool has_ticket() const override { return ticket != 0; }
  std::uint64_t take_ticket() override { return std::exchange(ticket, 0); }
  void aside(std::function<void()> task, std::function<void()> then) override {
    if (runs_aside) return aside_tasks.push_back([task, then] { task(), then(); });
    task();
    then();
  }
  bool can_gzip() const override { return codes; }
  std::size_t gzip(bytes content, mutable_bytes out) const override {
    ++coded;
    return on_linux::gzip_of(content, out);
  }
  bool can_zstd() const override { return codes; }
  std::size_t zstd(bytes content, bytes dictionary, mutable_bytes out) const override {
    ++coded;
    return on_linux::zstd_of(content, dictionary, out);
  }
  std::function<void()> promise() override {
    ticket = ++promised;
    return [this, of = promised] { arrived.push_back(of); };
  }
  memory_use memory() const override { return {total_memory, 0}; }
  docteur::memory heap() noexcept override {
    return {this,
            [](void* self, std::size_t size) noexcept -> void* {
              const auto& on = *static_cast<fake_platform*>(self);
              return on.lacks && on.lacks(size) ? nullptr : std::malloc(size);
            },
            [](void*, void* block, std::size_t) noexcept { std::free(block); }};
  }
  std::string network_status() const override { return "no network"; }
  outcome<std::string> listen(std::string_view address, std::uint16_t port,
                              std::span<service* const> services) override {
    listening.push_back({port, services.front()});
    if (can_listen) return std::string(address) + ":" + std::to_string(port);
    return give_up(blame::environment, "cannot listen on :" + std::to_string(port) + ": in use by another program");
  }
  connection_limit most_connections() const override { return most; }
  std::size_t loops() const override { return number_of_loops; }
  void on_each_loop(const std::function<void(std::size_t)>& task) override {
    for (std::size_t loop = 0; loop < number_of_loops; ++loop) {
      task(loop);
      if (after_loop) after_loop();
    }
  }
  ending run(application&) override { return ending::halt; }
  void stop(ending how) override { stopped = how; }

  struct listener {
    std::uint16_t port;
    cache_vm::service* service;
  };
  std::uint64_t now_ns = 1'000'000'000;
  std::optional<std::int64_t> seconds = 1'750'000'000;
  std::uint64_t total_memory = std::uint64_t{1} << 30;
  std::function<bool(std::size_t)> lacks;  // whether heap() has no block of this size
  std::string console, typed;
  std::vector<disk> all_disks;
  std::vector<listener> listening;
  bool can_listen = true;
  std::size_t number_of_loops = 1;
  std::function<void()> after_loop;  // called when one loop has done what each is to do
  bool may_wait = true;              // reads of disks by the thread of the loops
  std::uint64_t ticket = 0;          // of a read that failed because it may not wait; a disk sets it
  bool runs_aside = false;           // aside() only keeps its tasks, in aside_tasks
  std::vector<std::function<void()>> aside_tasks;
  bool codes = false;             // can_gzip(), can_zstd()
  mutable std::size_t coded = 0;  // calls of gzip() and zstd()
  std::uint64_t promised = 1'000'000;
  std::vector<std::uint64_t> arrived;  // tickets of promise() that are to be given to application::arrived()
  connection_limit most{4096, "that is all", false};
  std::optional<ending> stopped;
};

}  // namespace docteur::cache_vm
