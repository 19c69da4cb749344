#include "cli/verified_download.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>

#include "base/signals.hpp"

namespace docteur::cli {
namespace {

// Keeps to itself what it is told until it is to be shown.
class later_progress final : public progress {
 public:
  explicit later_progress(progress& shown) : shown_(shown) {}

  void show() {
    const std::lock_guard lock(guard_);
    is_shown_ = true;
    if (name_.empty()) return;
    shown_.phase(name_, total_);
    shown_.advance(done_);
  }

  void phase(std::string_view name, std::uint64_t total) override {
    const std::lock_guard lock(guard_);
    name_ = name;
    total_ = total;
    done_ = 0;
    if (is_shown_) shown_.phase(name, total);
  }
  void advance(std::uint64_t objects) override { is_shown_ ? shown_.advance(objects) : void(done_ += objects); }
  void add_bytes(std::uint64_t count) override {
    if (is_shown_) shown_.add_bytes(count);
  }
  [[nodiscard]] bool cancelled() const override { return shown_.cancelled(); }

 private:
  progress& shown_;
  std::atomic<bool> is_shown_{false};
  std::atomic<std::uint64_t> done_{0};
  std::mutex guard_;  // of these
  std::string_view name_;
  std::uint64_t total_ = 0;
};

}  // namespace

outcome<verify_report> run_verified(image_download& download, const verification& verify, progress& report) {
  later_progress later(report);
  const auto work = [&] { return verify(download.arriving(), later); };
  std::future<outcome<verify_report>> found;
  try {
    const signals_blocked block;
    found = std::async(std::launch::async, work);
  } catch (const std::system_error&) {  // no thread: afterwards, on this one
    found = std::async(std::launch::deferred, work);
  }
  outcome<void> came = download.run(report);
  later.show();
  auto result = found.get();
  if (!came) return tl::make_unexpected(std::move(came.error()));
  return result;
}

unsigned threads_beside_download(unsigned threads) {
  return (threads == 0 ? std::thread::hardware_concurrency() : threads) + 1;
}

}  // namespace docteur::cli
