#pragma once
// What each thread knows of its reads of disks. Hosted.

#include <atomic>
#include <cstdint>

#include "unikernel-example/platform/arriving_blocks.hpp"

namespace docteur::cache_vm::on_linux {

[[nodiscard]] inline disk_waits& this_threads_disk_waits() noexcept {
  static thread_local disk_waits mine;
  return mine;
}

// A ticket that no other thread has or gets.
[[nodiscard]] inline std::uint64_t next_ticket() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace docteur::cache_vm::on_linux
