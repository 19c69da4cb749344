#pragma once
// The same work for many objects on several threads, stopping at the first failure. Hosted.

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>

#include "base/threads.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"

namespace docteur {

// Calls work(i) -> outcome<void> for each i below `count`, on `threads` threads (0: all cores). Of several failures
// the one with the lowest index among those seen is returned, so that one bad object always gives the same message.
template <class Work>
[[nodiscard]] outcome<void> for_each_index(std::size_t count, unsigned threads, progress& report, const Work& work) {
  std::mutex guard;
  std::optional<failure> first;
  std::size_t first_index = 0;
  std::atomic<bool> stop{false};

  with_threads(threads, [&] {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, 16), [&](const auto& range) {
      for (std::size_t i = range.begin(); i != range.end(); ++i) {
        if (stop.load(std::memory_order_relaxed)) return;
        auto done = report.cancelled() ? give_up(blame::environment, "interrupted") : work(i);
        if (done) continue;
        stop.store(true, std::memory_order_relaxed);
        const std::scoped_lock lock(guard);
        if (first && first_index < i) return;
        first = std::move(done.error());
        first_index = i;
        return;
      }
      report.advance(range.size());
    });
  });
  if (first) return tl::unexpected<failure>(std::move(*first));
  return {};
}

}  // namespace docteur
