#pragma once
// A disk of a platform in memory that has nothing at once.

#include <algorithm>
#include <set>

#include "cache/fake_platform.hpp"
#include "support/image_maker.hpp"

namespace docteur::cache_vm {

// A disk whose blocks come when they are called.
class slow_disk {
 public:
  static constexpr std::uint64_t kBlock = 4096;

  slow_disk(fake_platform& on, const buffer& raw) : on_(on), raw_(raw) {}
  device view() {
    device d{};
    d.self = this;
    d.size = raw_.size();
    d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept {
      return static_cast<slow_disk*>(self)->read(at, out);
    };
    return d;
  }
  // What was asked for is there now. Returns the ticket.
  std::uint64_t bring() {
    here_.insert(wanted_.begin(), wanted_.end());
    wanted_.clear();
    return on_.ticket != 0 ? on_.ticket : last_;
  }
  void forget() { here_.clear(); }
  [[nodiscard]] std::uint64_t last() const { return last_; }

  unsigned waited = 0;  // reads that had to wait, by threads that may
  bool fails = false;   // instead of bringing anything

 private:
  result<done> read(std::uint64_t at, mutable_bytes out) noexcept {
    bool all = true;
    for (std::uint64_t b = at / kBlock; b <= (at + out.size() - 1) / kBlock; ++b) {
      if (here_.contains(b)) continue;
      all = false;
      if (!on_.may_wait) wanted_.insert(b);
    }
    if (!all && on_.may_wait) ++waited;
    if (!all && !on_.may_wait) {
      if (fails) return docteur::fail(errc::io, at, "the disk is broken");
      on_.ticket = ++last_;
      return docteur::fail(errc::unavailable, at, "not there yet");
    }
    std::copy_n(raw_.begin() + static_cast<std::ptrdiff_t>(at), out.size(), out.begin());
    return done{};
  }

  fake_platform& on_;
  const buffer& raw_;
  std::set<std::uint64_t> here_, wanted_;
  std::uint64_t last_ = 100;
};

}  // namespace docteur::cache_vm
