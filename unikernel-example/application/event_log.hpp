#pragma once
// The latest events, for the shell's `log`. Each is also printed on the console as one line. Any thread may use it.

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

class event_log {
 public:
  explicit event_log(platform& p) : platform_(&p) {}

  void say(std::string text);
  // The same, for events that clients can cause: at most one line a second on the console.
  void say_rarely(std::string text);

  void remember(std::string text);  // prints nothing on the console

  struct line {
    std::uint64_t at_ns;  // the platform's monotonic clock
    std::string text;
  };
  [[nodiscard]] std::deque<line> lines() const {
    const std::lock_guard lock(guard_);
    return lines_;
  }

 private:
  static constexpr std::size_t kMost = 100;
  [[nodiscard]] bool is_rare(std::uint64_t now);

  platform* platform_;
  mutable std::mutex guard_;  // of everything below
  std::deque<line> lines_;
  std::uint64_t last_rare_ns_ = 0;
  bool said_rarely_ = false;
};

}  // namespace docteur::cache_vm
