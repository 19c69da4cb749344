#include "unikernel-example/platform/linux/waiting_disk.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "unikernel-example/platform/linux/disk_waits.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t kRun = 16;                        // blocks that are read at once where neighbours are wanted
constexpr std::chrono::seconds kUnused{5};                // a block that nobody came for is kept that long
constexpr std::chrono::milliseconds kFailureCounts{500};  // a failure answers all reads of that time

std::atomic<std::uint64_t> last_ticket{0};
std::atomic<std::size_t> reading{0};

struct waiter {
  std::size_t loop;
  std::uint64_t ticket;
};

struct block {
  enum class is { wanted, here, failed };
  is state = is::wanted;
  bool was_used = false;
  clock::time_point since{};  // it is here or failed
  std::unique_ptr<std::byte[]> content;
  std::optional<error> why;
  std::vector<waiter> waiters;
  std::list<std::uint64_t>::iterator place;  // in the order of use, once it is here or failed
};

}  // namespace

class waiting_disk::state : public std::enable_shared_from_this<state> {
 public:
  state(std::shared_ptr<image_device> below, std::uint64_t memory, arrival arrived)
      : below_(std::move(below)), view_(below_->view()), most_(memory / kBlock), arrived_(std::move(arrived)) {}

  result<done> read(std::uint64_t offset, mutable_bytes out) noexcept {
    if (below_->read_now(offset, out)) return done{};
    disk_waits& mine = this_threads_disk_waits();
    const std::uint64_t first = offset / kBlock;
    const std::uint64_t last = (offset + out.size() - 1) / kBlock;
    // What does not fit is read while the caller waits.
    if (mine.may_wait || last - first >= most_ / 2) return read_exactly(view_, offset, out);
    try {
      const std::lock_guard lock(guard_);
      DOCTEUR_TRY(missing, find_missing(first, last, offset));
      if (missing.empty()) {
        copy(offset, out);
        return done{};
      }
      mine.ticket = ++last_ticket;
      want(missing, {mine.loop, mine.ticket});
      return fail(errc::unavailable, offset, "the disk has not brought it yet");
    } catch (const std::bad_alloc&) {
      return fail(errc::out_of_memory, offset, "no memory for what the disk brings");
    }
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return view_.size; }

  void close() noexcept {
    std::vector<waiter> open;
    {
      const std::lock_guard lock(guard_);
      is_closed_ = true;
      for (auto& [number, b] : blocks_) open.insert(open.end(), b.waiters.begin(), b.waiters.end());
      open.insert(open.end(), no_room_.begin(), no_room_.end());
      blocks_.clear();
      order_.clear();
      queue_.clear();
      no_room_.clear();
    }
    more_.notify_all();
    for (const waiter& w : open) arrived_(w.loop, w.ticket);
  }

 private:
  // The blocks that are neither here nor have failed lately. Fails as one of them did.
  result<std::vector<std::uint64_t>> find_missing(std::uint64_t first, std::uint64_t last, std::uint64_t offset) {
    std::vector<std::uint64_t> missing;
    for (std::uint64_t i = first; i <= last; ++i) {
      const auto found = blocks_.find(i);
      if (found != blocks_.end() && found->second.state == block::is::failed) {
        if (clock::now() - found->second.since < kFailureCounts)
          return fail(found->second.why->code, offset, found->second.why->what);
        forget(found);
        missing.push_back(i);
      } else if (found == blocks_.end() || found->second.state == block::is::wanted) {
        missing.push_back(i);
      }
    }
    return missing;
  }

  void copy(std::uint64_t offset, mutable_bytes out) {
    while (!out.empty()) {
      const std::uint64_t from = offset % kBlock;
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), kBlock - from));
      block& b = blocks_.find(offset / kBlock)->second;
      std::memcpy(out.data(), b.content.get() + from, n);
      b.was_used = true;
      order_.splice(order_.begin(), order_, b.place);
      out = out.subspan(n);
      offset += n;
    }
  }

  // Has these blocks read; `who` is told when the last of them is there. Without room, `who` is told when it may try
  // again.
  void want(const std::vector<std::uint64_t>& missing, waiter who) {
    const auto is_new = [this](std::uint64_t i) { return !blocks_.contains(i); };
    const auto more = static_cast<std::size_t>(std::ranges::count_if(missing, is_new));
    if (!make_room(more, missing)) {
      no_room_.push_back(who);
      return;
    }
    for (const std::uint64_t i : missing) {
      if (!is_new(i)) continue;
      blocks_.try_emplace(i);
      queue_.push_back(i);
    }
    blocks_[missing.back()].waiters.push_back(who);
    start_thread();
    more_.notify_one();
  }

  // Forgets blocks that were used, or that nobody came for. When nothing is being read, nobody else makes room, so
  // others go, too.
  bool make_room(std::size_t more, const std::vector<std::uint64_t>& spare) {
    const auto now = clock::now();
    for (const bool any : {false, true}) {
      if (any && wanted() > 0) return false;
      for (auto at = order_.end(); at != order_.begin() && blocks_.size() + more > most_;) {
        const auto found = blocks_.find(*--at);
        const block& b = found->second;
        if (!any && !b.was_used && now - b.since < kUnused) continue;
        if (std::ranges::find(spare, *at) != spare.end()) continue;
        ++at;
        forget(found);
      }
      if (blocks_.size() + more <= most_) return true;
    }
    return false;
  }

  [[nodiscard]] std::size_t wanted() const { return blocks_.size() - order_.size(); }

  void forget(std::unordered_map<std::uint64_t, block>::iterator which) {
    order_.erase(which->second.place);
    blocks_.erase(which);
  }

  void start_thread() {
    if (idle_ > 0 || threads_ == kThreads) return;
    try {
      std::thread([self = shared_from_this()] { self->work(); }).detach();
      ++threads_;
    } catch (const std::system_error&) {
      if (threads_ == 0) throw std::bad_alloc();  // otherwise the others do it
    }
  }

  void work() {
    std::unique_lock lock(guard_);
    for (;;) {
      ++idle_;
      more_.wait(lock, [this] { return is_closed_ || !queue_.empty(); });
      --idle_;
      if (is_closed_) return;
      const std::uint64_t first = queue_.front();
      std::uint64_t run = 0;
      while (!queue_.empty() && queue_.front() == first + run && run < kRun) {
        queue_.pop_front();
        ++run;
      }
      if (!queue_.empty()) more_.notify_one();
      lock.unlock();
      std::vector<waiter> ready = read_run(first, run);
      for (const waiter& w : ready) arrived_(w.loop, w.ticket);
      lock.lock();
    }
  }

  // Reads blocks and puts them in their places; returns who waited for them.
  std::vector<waiter> read_run(std::uint64_t first, std::uint64_t run) {
    const std::uint64_t at = first * kBlock;
    const auto size = static_cast<std::size_t>(std::min(run * kBlock, view_.size - at));
    const std::unique_ptr<std::byte[]> all(new (std::nothrow) std::byte[size]);
    result<done> got = fail(errc::out_of_memory, at, "no memory for what the disk brings");
    if (all != nullptr) {
      ++reading;
      got = read_exactly(view_, at, {all.get(), size});
      --reading;
    }
    std::vector<waiter> ready;
    if (!got && got.error().code == errc::io && run > 1) {
      // One of them may be the reason.
      for (std::uint64_t i = 0; i < run; ++i) {
        const std::vector<waiter> of_one = read_run(first + i, 1);
        ready.insert(ready.end(), of_one.begin(), of_one.end());
      }
      return ready;
    }
    const std::lock_guard lock(guard_);
    if (is_closed_) return ready;  // close() has told them
    for (std::uint64_t i = 0; i < run; ++i) {
      const auto n = std::min<std::size_t>(kBlock, size - i * kBlock);
      settle(first + i, got, bytes(all.get() + i * kBlock, got ? n : 0), ready);
    }
    // There may be room now: whoever had none tries again.
    ready.insert(ready.end(), no_room_.begin(), no_room_.end());
    no_room_.clear();
    return ready;
  }

  void settle(std::uint64_t number, const result<done>& got, bytes content, std::vector<waiter>& ready) {
    block& b = blocks_.find(number)->second;
    b.state = got ? block::is::here : block::is::failed;
    b.since = clock::now();
    if (got) b.content.reset(new (std::nothrow) std::byte[content.size()]);
    if (b.content != nullptr) {
      std::memcpy(b.content.get(), content.data(), content.size());
    } else {
      b.state = block::is::failed;
      b.why = got ? error{errc::out_of_memory, 0, "no memory for what the disk brings"} : got.error();
    }
    b.place = order_.insert(order_.begin(), number);
    ready.insert(ready.end(), b.waiters.begin(), b.waiters.end());
    b.waiters.clear();
  }

  const std::shared_ptr<image_device> below_;
  const device view_;
  const std::size_t most_;  // blocks
  const arrival arrived_;

  std::mutex guard_;  // of everything below
  std::condition_variable more_;
  std::unordered_map<std::uint64_t, block> blocks_;  // by number
  std::list<std::uint64_t> order_;                   // of those that are here or failed; the one used last is first
  std::deque<std::uint64_t> queue_;                  // wanted, and no thread reads them yet
  std::vector<waiter> no_room_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
  bool is_closed_ = false;
};

waiting_disk::waiting_disk(std::shared_ptr<image_device> below, std::uint64_t memory, arrival arrived)
    : state_(std::make_shared<state>(std::move(below), memory, std::move(arrived))) {}

waiting_disk::~waiting_disk() { state_->close(); }

device waiting_disk::view() const noexcept {
  device d;
  d.self = state_.get();
  d.size = state_->size();
  d.read = [](void* self, std::uint64_t offset, mutable_bytes out) noexcept {
    return static_cast<state*>(self)->read(offset, out);
  };
  return d;
}

bool waiting_disk::is_any_reading() noexcept { return reading > 0; }

}  // namespace docteur::cache_vm::on_linux
