#pragma once
// Whether reads of disks by this thread may wait, and which of them did not: the state behind
// platform::wait_for_disks() and take_ticket(). Each thread has its own. Hosted.

#include <cstddef>
#include <cstdint>
#include <utility>

namespace docteur::cache_vm::on_linux {

struct disk_waits {
  bool may_wait = true;
  std::size_t loop = 0;      // that the thread runs
  std::uint64_t ticket = 0;  // of the last read that failed because it may not wait; 0: none

  [[nodiscard]] std::uint64_t take_ticket() noexcept { return std::exchange(ticket, 0); }
};

[[nodiscard]] inline disk_waits& this_threads_disk_waits() noexcept {
  static thread_local disk_waits mine;
  return mine;
}

}  // namespace docteur::cache_vm::on_linux
