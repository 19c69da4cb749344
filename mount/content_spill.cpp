#include "mount/content_spill.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "base/temporary_folder.hpp"

namespace docteur {

content_spill::content_spill(std::uint64_t bound) : bound_(bound) {
  const auto folder = temporary_folder();
  if (folder) file_ = open_unnamed(*folder);
  struct statvfs space {};
  if (!file_ || ::fstatvfs(file_.get(), &space) != 0) return;
  bound_ = std::min(bound_, static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize / 2);
}

void content_spill::put(std::uint64_t key, bytes content) noexcept {
  if (content.empty() || content.size() > bound_) return;
  try {
    const std::lock_guard one(writing_);
    std::uint64_t begin = 0;
    {
      const std::unique_lock lock(guard_);
      if (!file_ || places_.contains(key)) return;
      begin = content.size() > bound_ - next_ ? 0 : next_;
      if (begin == 0) make_room(next_, bound_);
      make_room(begin, begin + content.size());
    }
    // Nobody reads there: what was there is forgotten.
    const bool is_written = write(begin, content);
    const std::unique_lock lock(guard_);
    if (!is_written) return give_back();
    order_.push_back(key);
    try {
      places_.emplace(key, place{begin, content.size()});
    } catch (...) {
      order_.pop_back();
      throw;
    }
    next_ = begin + content.size();
  } catch (const std::bad_alloc&) {
    return;  // it is built again instead
  }
}

void content_spill::give_back() noexcept {
  order_.clear();
  places_.clear();
  file_ = unique_fd();
}

// Forgets what lies in a part of the file: it is what was written longest ago.
void content_spill::make_room(std::uint64_t begin, std::uint64_t end) {
  while (!order_.empty()) {
    const auto first = places_.find(order_.front());
    const place& p = first->second;
    if (p.offset >= end || p.offset + p.size <= begin) return;
    places_.erase(first);
    order_.pop_front();
  }
}

bool content_spill::write(std::uint64_t offset, bytes content) noexcept {
  while (!content.empty()) {
    const ssize_t n = ::pwrite(file_.get(), content.data(), content.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return true;
}

bool content_spill::read(std::uint64_t key, std::uint64_t at, mutable_bytes out) noexcept {
  const std::shared_lock lock(guard_);
  const auto found = places_.find(key);
  if (found == places_.end() || at > found->second.size || out.size() > found->second.size - at) return false;
  for (std::uint64_t from = found->second.offset + at; !out.empty();) {
    const ssize_t n = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(from));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(n));
    from += static_cast<std::uint64_t>(n);
  }
  return true;
}

std::uint64_t content_spill::size(std::uint64_t key) const noexcept {
  const std::shared_lock lock(guard_);
  const auto found = places_.find(key);
  return found == places_.end() ? 0 : found->second.size;
}

}  // namespace docteur
