#include "mount/known_folders.hpp"

#include <algorithm>

#include "mount/node_number.hpp"

namespace docteur {

known_folders::known_folders() { folders_.emplace(kRootNumber, folder{"", 1}); }

void known_folders::add(std::uint64_t number, std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = folders_.try_emplace(number);
  if (is_new) at->second.path = path;
  ++at->second.references;
}

void known_folders::forget(std::uint64_t number, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  const auto at = folders_.find(number);
  if (at == folders_.end() || number == kRootNumber) return;
  at->second.references -= std::min(count, at->second.references);
  if (at->second.references == 0) folders_.erase(at);
}

std::optional<std::string> known_folders::path(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto at = folders_.find(number);
  return at == folders_.end() ? std::nullopt : std::optional(at->second.path);
}

std::size_t known_folders::size() const {
  const std::lock_guard lock(mutex_);
  return folders_.size();
}

void known_folders::leave_mark(std::uint64_t number, std::uint64_t passed, std::string_view name) {
  const std::lock_guard lock(mutex_);
  places_[next_place_] = {number, {passed, std::string(name)}};
  next_place_ = (next_place_ + 1) % places_.size();
}

std::optional<known_folders::mark> known_folders::last_mark(std::uint64_t number, std::uint64_t passed) const {
  const std::lock_guard lock(mutex_);
  const mark* best = nullptr;
  for (const place& p : places_)
    if (p.number == number && p.at.passed <= passed && (best == nullptr || p.at.passed > best->passed)) best = &p.at;
  return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace docteur
