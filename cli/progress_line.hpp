#pragma once
// Shows a command's progress on stderr and measures its phases. Hosted.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/leftover.hpp"
#include "cli/command_line.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"

namespace docteur::cli {

enum class progress_style {
  none,
  line,   // one line of the terminal, rewritten in place at most ten times a second, never wider than it
  plain,  // a line when a phase begins and ends, and a few in between: after 10 s, 20 s, 40 s, ...
};

// Adds `--progress[=plain|line|none]`; `text` stays empty without the option.
void add_progress_option(command_line& app, std::string& text);
// The style that `text` asks for. Without the option: line on a terminal, plain on one that cannot move its cursor
// (TERM unset or dumb), none elsewhere. `--progress` alone never means none. Quiet means none. blame::usage for any
// other text.
[[nodiscard]] outcome<progress_style> progress_style_of(const std::string& text, bool quiet);

// "1.2 MB", "34 KB", "5 bytes": powers of 1,000.
[[nodiscard]] std::string size_text(std::uint64_t bytes);
// "4 s", "2:05", "1:02:05"
[[nodiscard]] std::string duration_text(std::chrono::seconds time);

class progress_line final : public progress {
 public:
  explicit progress_line(progress_style style, std::string program = {});
  ~progress_line() override;
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void phase(std::string_view name, std::uint64_t total) override;
  void advance(std::uint64_t objects) override;
  void add_bytes(std::uint64_t bytes) override;
  [[nodiscard]] bool cancelled() const override;
  // Ends the last phase and erases the line, so that messages begin in the first column.
  void clear();

  // The time of each phase so far, in order of their beginnings; one that came twice is summed up.
  [[nodiscard]] std::vector<std::pair<std::string, std::chrono::duration<double>>> times() const;

 private:
  using clock = std::chrono::steady_clock;
  void tick();
  void show(clock::time_point now);
  void end_phase(clock::time_point now);
  void draw(clock::time_point now);
  void wipe() noexcept;
  void print(const std::string& text);
  [[nodiscard]] std::vector<std::string> fields(clock::time_point now) const;

  const progress_style style_;
  const std::string program_;
  mutable std::mutex guard_;  // of all but the atomics
  std::string_view name_;     // empty: no phase
  std::uint64_t total_ = 0;
  clock::time_point began_;
  clock::duration until_next_{};
  std::vector<std::pair<std::string, std::chrono::duration<double>>> times_;
  bool drawn_ = false;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<clock::rep> next_show_{0};
  leftover on_terminal_;  // the line
};

}  // namespace docteur::cli
