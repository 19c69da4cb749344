#include "host/background_reader.hpp"

#include <algorithm>
#include <deque>
#include <new>

#include "base/signals.hpp"
#include "host/describe.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t kWindow = 128;                      // blocks that are put in order at once: 8 MiB
constexpr std::uint64_t kRequest = 32;                      // blocks of one request at most: 2 MiB
constexpr std::size_t kAhead = 6;                           // requests that are asked for before the first is awaited
constexpr std::uint64_t kAdvice = std::uint64_t{16} << 20;  // bytes
constexpr std::chrono::milliseconds kTick{100};             // between looks at signals

}  // namespace

background_reader::background_reader(image_device& of, std::vector<block_run> blocks, std::uint64_t rate)
    : of_(of), size_(of.view().size), rate_(rate), blocks_(std::move(blocks)), due_(clock::now()) {
  const signals_blocked block;
  thread_ = std::thread([this] { run(); });
}

background_reader::~background_reader() {
  {
    const std::lock_guard lock(guard_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::uint64_t background_reader::fetched() const {
  const std::lock_guard lock(guard_);
  return fetched_;
}

outcome<void> background_reader::wait(const std::string& shown, progress& report) {
  std::unique_lock lock(guard_);
  std::uint64_t told = 0;
  while (!is_over_) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    changed_.wait_for(lock, kTick);
    report.add_bytes(fetched_ - std::exchange(told, fetched_));
  }
  if (why_) return tl::make_unexpected(describe(*why_, shown));
  return {};
}

// The next blocks of the list, in the order of the image: neighbours, and what is listed twice, are one request.
std::vector<block_run> background_reader::next_requests() {
  std::vector<block_run> window;
  for (std::uint64_t n = 0; n < kWindow && at_ < blocks_.size();) {
    const block_run& all = blocks_[at_];
    const std::uint64_t count = std::min(all.count - passed_, kWindow - n);
    window.push_back({all.first + passed_, count});
    n += count;
    passed_ += count;
    if (passed_ < all.count) continue;
    ++at_;
    passed_ = 0;
  }
  std::ranges::sort(window, {}, &block_run::first);
  std::vector<block_run> requests;
  for (block_run run : window) {
    if (!requests.empty()) {
      block_run& last = requests.back();
      const std::uint64_t end = last.first + last.count;
      const std::uint64_t known = std::min(end - std::min(end, run.first), run.count);
      run = {run.first + known, run.count - known};
      if (run.first == end) {
        const std::uint64_t more = std::min(run.count, kRequest - last.count);
        last.count += more;
        run = {run.first + more, run.count - more};
      }
    }
    for (; run.count > 0; run = {run.first + requests.back().count, run.count - requests.back().count})
      requests.push_back({run.first, std::min(run.count, kRequest)});
  }
  return requests;
}

void background_reader::run() {
  try {
    if (!of_.keeps()) {
      advise();
    } else {
      fetch_all();
    }
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(guard_);
    why_ = error{errc::out_of_memory, 0, "no memory for a list of blocks"};
  }
  const std::lock_guard lock(guard_);
  is_over_ = true;
  changed_.notify_all();
}

void background_reader::advise() {
  std::uint64_t left = kAdvice / kListedBlock;
  for (block_run run : blocks_) {
    while (run.count > 0 && left > 0) {
      const std::uint64_t n = std::min({run.count, left, kRequest});
      of_.prefetch(run.first * kListedBlock, n * kListedBlock);
      run = {run.first + n, run.count - n};
      left -= n;
    }
  }
}

// Asks for the next requests before the first of them is awaited, also while the list is put in order.
void background_reader::fetch_all() {
  std::deque<block_run> next;
  std::size_t advised = 0;
  for (;;) {
    while (next.size() < kAhead) {
      const std::vector<block_run> more = next_requests();
      if (more.empty()) break;
      next.insert(next.end(), more.begin(), more.end());
    }
    if (next.empty()) return;
    for (; rate_ == 0 && advised < std::min(kAhead, next.size()); ++advised)
      of_.prefetch(next[advised].first * kListedBlock, next[advised].count * kListedBlock);
    if (!fetch(next.front())) return;
    next.pop_front();
    advised -= std::min<std::size_t>(advised, 1);
  }
}

// Returns false when it is over.
bool background_reader::fetch(const block_run& request) {
  const std::uint64_t offset = request.first * kListedBlock;
  const auto got = of_.fetch(offset, std::min(request.count * kListedBlock, size_ - offset));
  {
    const std::lock_guard lock(guard_);
    if (got) fetched_ += *got;
    if (!got) why_ = got.error();
    if (stop_ || why_) return false;
    changed_.notify_all();
  }
  return rate_ == 0 || pause(*got);
}

// Waits as long as so many bytes take.
bool background_reader::pause(std::uint64_t fetched) {
  const auto takes = std::chrono::duration<double>(static_cast<double>(fetched) / static_cast<double>(rate_));
  due_ = std::max(due_, clock::now() - std::chrono::seconds(1)) + std::chrono::duration_cast<clock::duration>(takes);
  std::unique_lock lock(guard_);
  changed_.wait_until(lock, due_, [this] { return stop_; });
  return !stop_;
}

}  // namespace docteur
