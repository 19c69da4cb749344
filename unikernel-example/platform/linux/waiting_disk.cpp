#include "unikernel-example/platform/linux/waiting_disk.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "unikernel-example/platform/linux/disk_waits.hpp"
#include "unikernel-example/platform/linux/monotonic_time.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::uint64_t kBlock = arriving_blocks::kBlock;
constexpr std::uint64_t kRun = 16;  // blocks that are read at once where neighbours are wanted

std::atomic<std::size_t> reading{0};

}  // namespace

class waiting_disk::state : public std::enable_shared_from_this<state> {
 public:
  state(std::shared_ptr<image_device> below, std::uint64_t memory, arrival arrived)
      : below_(std::move(below)), view_(below_->view()), arrived_(std::move(arrived)), blocks_(memory / kBlock) {}

  result<done> read(std::uint64_t offset, mutable_bytes out) noexcept {
    if (below_->read_now(offset, out)) return done{};
    disk_waits& mine = this_threads_disk_waits();
    const block_range needed = arriving_blocks::blocks_of(offset, out.size());
    if (mine.may_wait || blocks_.is_too_much(needed)) return read_exactly(view_, offset, out);
    try {
      const std::lock_guard lock(guard_);
      const std::uint64_t now = monotonic_time();
      DOCTEUR_TRY(here, blocks_.are_here(needed, offset, now));
      if (here) {
        blocks_.copy(offset, out);
        return done{};
      }
      if (const auto missing = blocks_.want(needed, now)) {
        queue_.insert(queue_.end(), missing->begin(), missing->end());
        start_thread();
        more_.notify_one();
      }
      mine.ticket = next_ticket();
      blocks_.wait(needed, {mine.loop, mine.ticket});
      return fail(errc::unavailable, offset, "the disk has not brought it yet");
    } catch (const std::bad_alloc&) {
      return fail(errc::out_of_memory, offset, "no memory for what the disk brings");
    }
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return view_.size; }

  void close() noexcept {
    std::vector<arriving_blocks::waiter> open;
    {
      const std::lock_guard lock(guard_);
      is_closed_ = true;
      open = blocks_.give_up();
      queue_.clear();
    }
    more_.notify_all();
    tell(open);
  }

 private:
  void tell(const std::vector<arriving_blocks::waiter>& ready) {
    for (const auto& w : ready) arrived_(w.loop, w.ticket);
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
      tell(read_run(first, run));
      lock.lock();
    }
  }

  // Reads blocks and puts them in their places; returns who waited for them.
  std::vector<arriving_blocks::waiter> read_run(std::uint64_t first, std::uint64_t run) {
    const std::uint64_t at = first * kBlock;
    const auto size = static_cast<std::size_t>(std::min(run * kBlock, view_.size - at));
    const std::unique_ptr<std::byte[]> all(new (std::nothrow) std::byte[size]);
    result<done> got = fail(errc::out_of_memory, at, "no memory for what the disk brings");
    if (all != nullptr) {
      ++reading;
      got = read_exactly(view_, at, {all.get(), size});
      --reading;
    }
    std::vector<arriving_blocks::waiter> ready;
    if (!got && got.error().code == errc::io && run > 1) {
      // One of them may be the reason.
      for (std::uint64_t i = 0; i < run; ++i) {
        const auto of_one = read_run(first + i, 1);
        ready.insert(ready.end(), of_one.begin(), of_one.end());
      }
      return ready;
    }
    const std::lock_guard lock(guard_);
    if (is_closed_) return ready;  // close() has told them
    for (std::uint64_t i = 0; i < run; ++i) {
      if (got) {
        const auto n = std::min<std::size_t>(kBlock, size - i * kBlock);
        std::memcpy(blocks_.place(first + i), all.get() + i * kBlock, n);
      }
      blocks_.settle(first + i, got, monotonic_time(), ready);
    }
    return ready;
  }

  const std::shared_ptr<image_device> below_;
  const device view_;
  const arrival arrived_;

  std::mutex guard_;  // of everything below
  std::condition_variable more_;
  arriving_blocks blocks_;
  std::deque<std::uint64_t> queue_;  // wanted, and no thread reads them yet
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
