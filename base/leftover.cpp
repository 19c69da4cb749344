#include "base/leftover.hpp"

#include <cerrno>
#include <chrono>
#include <mutex>
#include <utility>

namespace docteur {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(200);  // for one that is being created, which may block

struct registry {
  std::timed_mutex making;
  std::mutex guard;  // of `all`; never held while anything blocks
  std::list<std::function<void()>> all;
};

// Never destroyed: a thread may still remove things while the process ends.
registry& of_process() {
  static auto* const it = new registry;
  return *it;
}

}  // namespace

leftover::leftover(const std::function<removal()>& make) {
  registry& r = of_process();
  int error = 0;
  {
    const std::scoped_lock making(r.making);
    removal remove = make();
    error = errno;
    if (remove) {
      const std::scoped_lock lock(r.guard);
      place_ = r.all.insert(r.all.begin(), std::move(remove));
      is_there_ = true;
    }
  }
  errno = error;
}

leftover::leftover(leftover&& other) noexcept
    : place_(other.place_), is_there_(std::exchange(other.is_there_, false)) {}

leftover& leftover::operator=(leftover&& other) noexcept {
  std::swap(place_, other.place_);
  std::swap(is_there_, other.is_there_);
  return *this;
}

leftover::~leftover() {
  if (!is_there_) return;
  (*place_)();
  keep();
}

void leftover::keep() noexcept {
  if (!std::exchange(is_there_, false)) return;
  registry& r = of_process();
  const std::scoped_lock lock(r.guard);
  r.all.erase(place_);
}

void leftover::remove_all() noexcept {
  registry& r = of_process();
  // Both locks are held until the process ends.
  (void)r.making.try_lock_for(kPatience);
  r.guard.lock();
  for (const removal& remove : r.all) remove();
}

}  // namespace docteur
