#pragma once
// Reads files into the cache before they are requested, in the order of their paths, until all are cached or it is
// full.

#include <memory>
#include <optional>

#include "unikernel-example/application/site.hpp"

namespace docteur::cache_vm {

class prefetcher {
 public:
  void start(std::shared_ptr<site> s);
  void stop() noexcept { *this = {}; }
  // Some milliseconds of work; false when there is none.
  [[nodiscard]] bool work(platform& p);

  [[nodiscard]] bool is_running() const noexcept { return entries_.has_value(); }
  [[nodiscard]] std::uint64_t files() const noexcept { return files_; }  // read so far

 private:
  std::shared_ptr<site> site_;
  std::optional<directory_list> entries_;
  std::uint64_t files_ = 0;
};

}  // namespace docteur::cache_vm
