#include "unikernel-example/platform/linux/access_log.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "object/result.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::size_t kEnough = 64 << 10;  // bytes that are worth a write at once
constexpr std::chrono::milliseconds kEnd{1000};

}  // namespace

outcome<std::unique_ptr<access_log>> access_log::open(const log_place& place, line_format format, std::size_t loops,
                                                      std::function<void(const std::string&)> say) {
  DOCTEUR_TRY(target, log_target::open(place));
  std::unique_ptr<access_log> log(
      new access_log(std::make_shared<state>(std::move(target), format, loops, std::move(say))));
  try {
    log->writer_ = std::thread([s = log->state_] { s->run(); });
  } catch (const std::system_error& e) {
    return give_up(blame::environment, std::string("access log: no thread: ") + e.what());
  }
  return log;
}

void access_log::add(std::size_t loop, const served_request& r) noexcept {
  lane& l = state_->lanes[loop];
  try {
    if (r.wall_clock != l.second) {
      l.when = make_log_time(r.wall_clock);
      l.second = r.wall_clock;
    }
    l.line.clear();
    append_line(state_->format, r, l.when, l.line);
    state_->append(l.line);
  } catch (const std::bad_alloc&) {
    state_->lost.fetch_add(1, std::memory_order_relaxed);
  }
}

void access_log::state::append(std::string_view line) {
  {
    const std::lock_guard lock(text_guard);
    if (text.size() + line.size() > most) {
      lost.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const bool was_enough = text.size() >= kEnough;
    text += line;
    lines.store(lines.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (was_enough || text.size() < kEnough) return;
  }
  wake();
}

std::uint64_t access_log::lines() const noexcept { return state_->lines.load(std::memory_order_relaxed); }
std::uint64_t access_log::lost() const noexcept { return state_->lost.load(std::memory_order_relaxed); }

void access_log::state::wake() {
  {
    const std::lock_guard lock(guard);
    wanted = true;
  }
  changed.notify_all();
}

void access_log::flush() {
  {
    const std::lock_guard lock(state_->text_guard);
    if (state_->text.empty()) return;
  }
  state_->wake();
}

void access_log::reopen() {
  {
    const std::lock_guard lock(state_->guard);
    state_->reopens = true;
  }
  state_->changed.notify_all();
}

void access_log::end() noexcept {
  if (!writer_.joinable()) return;
  std::unique_lock lock(state_->guard);
  state_->ends = true;
  state_->until = std::chrono::steady_clock::now() + kEnd;
  state_->changed.notify_all();
  const bool ended = state_->changed.wait_for(lock, 2 * kEnd, [this] { return state_->ended; });
  state_->say = nullptr;
  lock.unlock();
  ended ? writer_.join() : writer_.detach();
}

bool access_log::state::may_wait() {
  const std::lock_guard lock(guard);
  return !ends || std::chrono::steady_clock::now() < until;
}

void access_log::state::write_all() {
  {
    const std::lock_guard lock(text_guard);
    writing.swap(text);
  }
  if (writing.empty()) return;
  lost.fetch_add(target->write(writing, [this] { return may_wait(); }), std::memory_order_relaxed);
  writing.clear();
  const int error = target->take_error();
  const std::lock_guard lock(guard);
  if (error != 0 && !is_failing && say) say("access log: " + std::string(std::strerror(error)) + "; lines are lost");
  is_failing = error != 0;
}

void access_log::state::run() {
  for (bool is_last = false; !is_last;) {
    bool reopen_now = false;
    {
      std::unique_lock lock(guard);
      changed.wait(lock, [this] { return wanted || reopens || ends; });
      wanted = false;
      reopen_now = std::exchange(reopens, false);
      is_last = ends;
    }
    write_all();
    if (!reopen_now) continue;
    const auto opened = target->reopen();
    const std::lock_guard lock(guard);
    if (!opened && say) say(opened.error().message + "; the former file is used");
  }
  target.reset();
  const std::lock_guard lock(guard);
  ended = true;
  changed.notify_all();
}

}  // namespace docteur::cache_vm::on_linux
