#pragma once
// Which blocks threads of this process are fetching, so that each is fetched once. Hosted.

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>

namespace docteur {

class fetch_turns {
 public:
  // Blocks that only the holder fetches until it ends.
  class turn {
   public:
    turn(fetch_turns& all, std::uint64_t block, std::uint64_t n) : all_(all), block_(block), n_(all.begin(block, n)) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { all_.end(block_); }
    [[nodiscard]] std::uint64_t size() const noexcept { return n_; }  // blocks, at least 1

   private:
    fetch_turns& all_;
    std::uint64_t block_;
    std::uint64_t n_;
  };

 private:
  // Waits until no other thread has `block`, then takes it and its neighbours, at most `n`, that no other has.
  std::uint64_t begin(std::uint64_t block, std::uint64_t n) {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto after = held_.upper_bound(block);
      const auto before = after == held_.begin() ? held_.end() : std::prev(after);
      if (before == held_.end() || block - before->first >= before->second) {
        if (after != held_.end()) n = std::min(n, after->first - block);
        held_.emplace(block, n);
        return n;
      }
      ended_.wait(lock);
    }
  }
  void end(std::uint64_t block) {
    {
      const std::lock_guard lock(mutex_);
      held_.erase(block);
    }
    ended_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::uint64_t, std::uint64_t> held_;  // first block, number
};

}  // namespace docteur
