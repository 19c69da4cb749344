#pragma once
// Attached versions of an image, in a bounded number of bytes. Hosted, may be used by many threads.

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "object/oid.hpp"
#include "object/result.hpp"

namespace docteur {

// T: what is attached of a version; has memory_used(), bytes.
template <class T>
class recent_versions {
 public:
  using handle = std::shared_ptr<const T>;

  // `most`: bytes for all. The version that was asked for last stays whatever it takes.
  explicit recent_versions(std::uint64_t most = 0) noexcept : most_(most) {}
  void set_bound(std::uint64_t most) noexcept { most_ = most; }  // to be called before the rest

  // The version of a commit, several names may have one. `attach`, which returns a result<T>, is called if it is not
  // there; others who ask for the same commit meanwhile wait for that. What goes to make room is released when its last
  // user has done. Errors: those of `attach`; the next caller tries again. Throws std::bad_alloc.
  template <class F>
  [[nodiscard]] result<handle> get(const oid& commit, F attach) {
    const std::shared_ptr<slot> mine = find_slot(commit);
    const std::lock_guard lock(mine->attaching);
    if (mine->version != nullptr) return mine->version;
    DOCTEUR_TRY(attached, attach());
    mine->version = std::make_shared<const T>(std::move(attached));
    const std::lock_guard guard(guard_);
    mine->bytes = mine->version->memory_used();
    forget_unused();
    return mine->version;
  }
  // Bytes of the versions that are held.
  [[nodiscard]] std::uint64_t used() const {
    const std::lock_guard lock(guard_);
    std::uint64_t sum = 0;
    for (const auto& s : recent_) sum += s->bytes;
    return sum;
  }

 private:
  struct slot {
    explicit slot(const oid& of) : commit(of) {}
    const oid commit;
    std::mutex attaching;
    handle version;           // guarded by `attaching` until it is set, then constant
    std::uint64_t bytes = 0;  // guarded by guard_; 0 as long as it is not attached
  };

  std::shared_ptr<slot> find_slot(const oid& commit) {
    const std::lock_guard lock(guard_);
    const auto known = std::ranges::find(recent_, commit, [](const auto& s) { return s->commit; });
    if (known == recent_.end()) {
      recent_.push_front(std::make_shared<slot>(commit));
    } else {
      recent_.splice(recent_.begin(), recent_, known);
    }
    return recent_.front();
  }
  void forget_unused() noexcept {
    std::uint64_t used = 0;
    for (auto at = recent_.begin(); at != recent_.end();) {
      used += (*at)->bytes;
      at = used > most_ && at != recent_.begin() ? recent_.erase(at) : std::next(at);
    }
  }

  std::uint64_t most_;
  mutable std::mutex guard_;
  std::list<std::shared_ptr<slot>> recent_;  // most recent first
};

}  // namespace docteur
