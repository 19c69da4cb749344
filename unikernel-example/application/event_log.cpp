#include "unikernel-example/application/event_log.hpp"

#include "unikernel-example/application/markup.hpp"

namespace docteur::cache_vm {

void event_log::remember(std::string text) {
  const std::lock_guard lock(guard_);
  if (lines_.size() >= kMost) lines_.pop_front();
  lines_.push_back({platform_->monotonic_ns(), std::move(text)});
}

void event_log::say(std::string text) {
  platform_->console_write("docteur-cache: " + terminal_line(text) + "\n");
  remember(std::move(text));
}

// Whether a line may be printed now.
bool event_log::is_rare(std::uint64_t now) {
  const std::lock_guard lock(guard_);
  if (said_rarely_ && now - last_rare_ns_ < 1'000'000'000) return false;
  said_rarely_ = true;
  last_rare_ns_ = now;
  return true;
}

void event_log::say_rarely(std::string text) {
  is_rare(platform_->monotonic_ns()) ? say(std::move(text)) : remember(std::move(text));
}

}  // namespace docteur::cache_vm
