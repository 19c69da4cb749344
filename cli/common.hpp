#pragma once
// What the commands share: parsing with their exit statuses, messages, signals, progress. Hosted.

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "object/failure.hpp"
#include "object/oid.hpp"
#include "object/progress.hpp"

namespace docteur::cli {

// Parses the command line, then calls `body`. Returns the command's exit status (doc/ARCHITECTURE.md, "Commands"):
// 0 for --help and --version, 2 and one line on stderr for wrong usage, the failure's blame and its line (unless it
// is empty: all was said) otherwise.
// Exceptions (out of memory) end here, with status 3. `app` is named after the program.
[[nodiscard]] int run(CLI::App& app, int argc, char** argv, const std::function<outcome<void>()>& body);

// "PROGRAM: TEXT" and a newline on stderr, in one write.
void say(std::string_view program, std::string_view text);

[[nodiscard]] std::string hex(const oid& id);

// From construction on, SIGINT, SIGTERM and SIGHUP only leave a mark (a second one ends the program at once), and
// SIGXFSZ is a write error. run() ends the program by the signal that left the mark, after all was cleaned up.
class signal_watch {
 public:
  signal_watch();
  [[nodiscard]] static bool interrupted() noexcept;
};

// One line on stderr that is rewritten in place, at most ten times a second.
class progress_line final : public progress {
 public:
  // `visible`: false shows nothing and only watches for signals.
  explicit progress_line(bool visible) : visible_(visible) {}
  ~progress_line() override { clear(); }
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void phase(std::string_view name, std::uint64_t total) override;
  void advance(std::uint64_t objects) override;
  [[nodiscard]] bool cancelled() const override { return signal_watch::interrupted(); }
  // Takes the line away, so that messages begin in the first column.
  void clear();

 private:
  void draw();

  const bool visible_;
  std::mutex drawing_;
  std::string_view name_;
  std::uint64_t total_ = 0;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::chrono::steady_clock::rep> next_draw_{0};
  bool drawn_ = false;
};

// Whether progress shows: asked for, or stderr is a terminal; never when quiet.
[[nodiscard]] bool shows_progress(bool asked, bool quiet);

}  // namespace docteur::cli
