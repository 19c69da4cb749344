#include "cli/progress_line.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "cli/common.hpp"
#include "cli/signal_watch.hpp"

namespace docteur::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 100ms;
constexpr auto kFirstPlain = 10s;  // between a phase's first line and its next; doubles each time
constexpr auto kEstimate = 2s;     // after which a rate is good enough for an estimate
constexpr std::size_t kUnknownWidth = 80;
constexpr std::string_view kWipe = "\r\x1b[J";  // to the first column; erase from there to the end of the screen

std::size_t terminal_width() {
  // Queried each time: a terminal may be resized, and SIGWINCH goes to its foreground group, which may be git's.
  struct winsize size {};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUnknownWidth;
}

bool is_dumb_terminal() {
  const char* const term = std::getenv("TERM");
  return term == nullptr || *term == '\0' || std::string_view(term) == "dumb";
}

void put(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

void add_progress_option(command_line& app, std::string& text) {
  app.add_flag("--progress", text, "show progress even if stderr is not a terminal; =plain, =line or =none: how")
      .value_name("");
}

outcome<progress_style> progress_style_of(const std::string& text, bool quiet) {
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  progress_style style =
      terminal ? (is_dumb_terminal() ? progress_style::plain : progress_style::line) : progress_style::none;
  if (text == "plain" || (text == "true" && !terminal)) {
    style = progress_style::plain;
  } else if (text == "line") {
    style = progress_style::line;
  } else if (text == "none") {
    style = progress_style::none;
  } else if (!text.empty() && text != "true") {
    return give_up(blame::usage, "--progress=" + text + ": expected plain, line or none");
  }
  return quiet ? progress_style::none : style;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"bytes", "KB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
  return text.data();
}

std::string duration_text(std::chrono::seconds time) {
  const auto s = time.count();
  std::array<char, 48> text;
  if (s < 60) {
    std::snprintf(text.data(), text.size(), "%lld s", static_cast<long long>(s));
  } else if (s < 3600) {
    std::snprintf(text.data(), text.size(), "%lld:%02lld", static_cast<long long>(s / 60),
                  static_cast<long long>(s % 60));
  } else {
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", static_cast<long long>(s / 3600),
                  static_cast<long long>(s / 60 % 60), static_cast<long long>(s % 60));
  }
  return text.data();
}

progress_line::progress_line(progress_style style, std::string program) : style_(style), program_(std::move(program)) {
  if (style_ == progress_style::line)
    on_terminal_ = leftover([&]() -> std::function<void()> { return [this] { wipe(); }; });
}

progress_line::~progress_line() {
  on_terminal_.keep();
  clear();
}

// Called from another thread when a signal ends the process: must not block.
void progress_line::wipe() noexcept {
  const std::unique_lock lock(guard_, std::try_to_lock);
  pollfd terminal{STDERR_FILENO, POLLOUT, 0};
  if (lock && drawn_ && ::poll(&terminal, 1, 0) > 0) (void)!::write(STDERR_FILENO, kWipe.data(), kWipe.size());
}

bool progress_line::cancelled() const { return signal_watch::interrupted(); }

void progress_line::phase(std::string_view name, std::uint64_t total) {
  const std::scoped_lock lock(guard_);
  const auto now = clock::now();
  end_phase(now);
  name_ = name;
  total_ = total;
  began_ = now;
  done_ = 0;
  bytes_ = 0;
  until_next_ = kFirstPlain;
  if (style_ == progress_style::plain) {
    next_show_ = (now + until_next_).time_since_epoch().count();
    print(std::string(name_) + (total_ > 0 ? ": " + std::to_string(total_) : ""));
  } else if (total_ > 0) {
    // Not while nothing is known: a program that fetches may be prompting for a password on this line.
    show(now);
  }
}

void progress_line::advance(std::uint64_t objects) {
  done_.fetch_add(objects, std::memory_order_relaxed);
  tick();
}

void progress_line::add_bytes(std::uint64_t bytes) {
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  tick();
}

void progress_line::tick() {
  if (style_ == progress_style::none) return;
  const auto now = clock::now();
  if (now.time_since_epoch().count() < next_show_.load(std::memory_order_relaxed)) return;
  const std::unique_lock lock(guard_, std::try_to_lock);
  if (lock && !name_.empty()) show(now);
}

void progress_line::show(clock::time_point now) {
  if (style_ == progress_style::line) {
    next_show_ = (now + kRedraw).time_since_epoch().count();
    draw(now);
  } else if (style_ == progress_style::plain) {
    until_next_ *= 2;
    next_show_ = (began_ + until_next_).time_since_epoch().count();
    std::string text(name_);
    for (const std::string& field : fields(now)) text += " " + field;
    print(text);
  }
}

void progress_line::clear() {
  const std::scoped_lock lock(guard_);
  end_phase(clock::now());
  name_ = {};
  if (drawn_) put(std::string(kWipe));
  drawn_ = false;
}

void progress_line::end_phase(clock::time_point now) {
  if (name_.empty()) return;
  const std::chrono::duration<double> took = now - began_;
  const auto known = std::ranges::find(times_, name_, [](const auto& t) -> std::string_view { return t.first; });
  if (known != times_.end()) {
    known->second += took;
  } else {
    times_.emplace_back(name_, took);
  }
  if (style_ != progress_style::plain) return;
  std::array<char, 32> seconds;
  std::snprintf(seconds.data(), seconds.size(), " in %.1f s", took.count());
  const std::uint64_t done = done_.load(std::memory_order_relaxed);
  const std::uint64_t bytes = bytes_.load(std::memory_order_relaxed);
  print(std::string(name_) + ": done" + (done > 0 ? ", " + std::to_string(done) : "") +
        (bytes > 0 ? " (" + size_text(bytes) + ")" : "") + seconds.data());
}

// The most important part first: what does not fit is left out.
std::vector<std::string> progress_line::fields(clock::time_point now) const {
  const std::uint64_t done = done_.load(std::memory_order_relaxed);
  const std::uint64_t bytes = bytes_.load(std::memory_order_relaxed);
  const std::chrono::duration<double> spent = now - began_;
  std::vector<std::string> out;
  if (total_ > 0) out.push_back(std::to_string(std::min<std::uint64_t>(done * 100 / total_, 100)) + "%");
  out.push_back(std::to_string(done) + (total_ > 0 ? "/" + std::to_string(total_) : ""));
  if (bytes > 0) out.push_back(size_text(bytes));
  if (spent < kEstimate) return out;
  if (bytes > 0)
    out.push_back(size_text(static_cast<std::uint64_t>(static_cast<double>(bytes) / spent.count())) + "/s");
  if (total_ > done && done > 0) {
    const auto left = spent.count() * static_cast<double>(total_ - done) / static_cast<double>(done);
    out.push_back(duration_text(std::chrono::seconds(static_cast<long long>(left) + 1)) + " left");
  }
  return out;
}

// The cursor rests at the beginning of the line. A terminal that rewraps the line when it gets narrower moves the
// cursor along, so erasing to the end of the screen removes all of the line; so it does if the terminal cuts it.
void progress_line::draw(clock::time_point now) {
  const std::size_t room = terminal_width() - 1;
  std::string text(name_.substr(0, room));
  for (const std::string& field : fields(now)) {
    if (text.size() + 1 + field.size() > room) break;
    text += " " + field;
  }
  put(std::string(kWipe) + text + "\r");
  drawn_ = true;
}

void progress_line::print(const std::string& text) { put((program_.empty() ? "" : program_ + ": ") + text + "\n"); }

std::vector<std::pair<std::string, std::chrono::duration<double>>> progress_line::times() const {
  const std::scoped_lock lock(guard_);
  return times_;
}

}  // namespace docteur::cli
