#pragma once
// Reads files into the cache before they are requested, in the order of their paths, until all are cached or it is
// full. On loop 0; any thread may ask how far it is.

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "unikernel-example/application/metrics.hpp"
#include "unikernel-example/application/site.hpp"

namespace docteur::cache_vm {

class prefetcher {
 public:
  // One site after the other.
  void start(std::vector<std::shared_ptr<site>> sites);
  void stop() noexcept;
  // Some milliseconds of work; false when there is none.
  [[nodiscard]] bool work(platform& p);
  // application::arrived()
  void arrived(std::uint64_t ticket) noexcept {
    if (waits_for_ == ticket) waits_for_ = 0;
  }

  [[nodiscard]] bool is_running() const noexcept { return is_running_; }
  [[nodiscard]] std::uint64_t files() const noexcept { return files_; }  // read so far

 private:
  // False: there is no further site.
  [[nodiscard]] bool begin_next();
  void read(const node& n);
  void finish() noexcept;

  std::vector<std::shared_ptr<site>> next_;  // in reverse order
  std::shared_ptr<site> site_;
  std::optional<directory_list> entries_;
  std::optional<node> again_;    // to be read once the disk has brought what it needs
  std::uint64_t waits_for_ = 0;  // a ticket; 0: nothing
  std::atomic<bool> is_running_{false};
  counter files_;
};

}  // namespace docteur::cache_vm
