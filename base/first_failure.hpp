#pragma once
// Collects the failures of parallel work and keeps the one with the lowest index. Hosted.

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>

#include "object/failure.hpp"
#include "object/progress.hpp"

namespace docteur {

class first_failure {
 public:
  explicit first_failure(const progress& report) : report_(report) {}

  // True when work should end: something failed, or the user wants to stop.
  [[nodiscard]] bool stop() {
    if (failed_.load(std::memory_order_relaxed)) return true;
    if (!report_.cancelled()) return false;
    set(static_cast<std::size_t>(-1), failure{blame::environment, "interrupted"});
    return true;
  }
  void set(std::size_t index, failure what) {
    const std::lock_guard lock(mutex_);
    if (!what_ || index < index_) {
      what_ = std::move(what);
      index_ = index;
    }
    failed_.store(true, std::memory_order_relaxed);
  }
  [[nodiscard]] outcome<void> check() {
    const std::lock_guard lock(mutex_);
    if (what_) return tl::unexpected<failure>(*what_);
    return {};
  }

 private:
  const progress& report_;
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<failure> what_;
  std::size_t index_ = 0;
};

}  // namespace docteur
