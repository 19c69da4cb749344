#pragma once
// Runs work of oneTBB on a given number of threads. Hosted.

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <cstddef>
#include <utility>

namespace docteur {

// Calls work() in an arena of `threads` threads (0: one for each core) and returns what it returns. There may be more
// threads than cores: without the global control oneTBB would not start them and would warn on stderr.
template <class Work>
auto with_threads(unsigned threads, Work&& work) {
  const int count = threads == 0 ? tbb::info::default_concurrency() : static_cast<int>(threads);
  const tbb::global_control workers(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(count));
  tbb::task_arena arena(count);
  return arena.execute(std::forward<Work>(work));
}

}  // namespace docteur
