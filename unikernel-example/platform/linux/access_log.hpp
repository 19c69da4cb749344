#pragma once
// The access log of a process. Loops append lines to memory; a thread of its own writes them, so that no client waits
// for a disk, a pipe or a logger. Hosted, Linux.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "unikernel-example/platform/linux/access_line.hpp"
#include "unikernel-example/platform/linux/log_target.hpp"

namespace docteur::cache_vm::on_linux {

class access_log final : public request_log {
 public:
  static constexpr std::size_t kMost = 1 << 20;  // bytes for each loop that wait to be written; further lines are lost

  // `say`: reports trouble, from any thread. Errors: those of log_target::open(), or no thread can be started.
  [[nodiscard]] static outcome<std::unique_ptr<access_log>> open(const log_place& place, line_format format,
                                                                 std::size_t loops,
                                                                 std::function<void(const std::string&)> say);
  access_log(const access_log&) = delete;
  access_log& operator=(const access_log&) = delete;
  ~access_log() { end(); }

  void add(std::size_t loop, const served_request& r) noexcept override;
  std::uint64_t lines() const noexcept override;
  std::uint64_t lost() const noexcept override;

  // Has what waits written soon. To be called some times a second.
  void flush();
  // Writes what waits to the file as it is, and then opens the file of its name.
  void reopen();
  // Writes what waits, for at most a second. What is added later is lost.
  void end() noexcept;

 private:
  // A loop's own.
  struct alignas(64) lane {
    std::string line;
    std::int64_t second = -1;
    log_time when;
  };
  // Shared with the thread, which outlives this object when a write hangs.
  struct state {
    state(log_target&& to, line_format f, std::size_t loops, std::function<void(const std::string&)> s)
        : target(std::move(to)), format(f), most(kMost * loops), lanes(loops), say(std::move(s)) {}
    void run();
    void append(std::string_view line);
    void wake();
    void write_all();
    [[nodiscard]] bool may_wait();

    std::optional<log_target> target;  // the thread's
    const line_format format;
    const std::size_t most;
    std::vector<lane> lanes;
    // All loops append to one text, so that lines are in the order of the responses' ends.
    std::mutex text_guard;
    std::string text;
    std::atomic<std::uint64_t> lines{0};  // written under text_guard
    std::atomic<std::uint64_t> lost{0};
    std::function<void(const std::string&)> say;  // guarded by `guard` once the log ends
    std::string writing;                          // the thread's
    bool is_failing = false;                      // the thread's
    std::mutex guard;                             // of these
    std::condition_variable changed;
    bool wanted = false, reopens = false, ends = false, ended = false;
    std::chrono::steady_clock::time_point until{};  // when it ends
  };
  explicit access_log(std::shared_ptr<state> s) : state_(std::move(s)) {}

  std::shared_ptr<state> state_;
  std::thread writer_;
};

}  // namespace docteur::cache_vm::on_linux
