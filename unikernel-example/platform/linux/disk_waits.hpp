#pragma once
// What each thread knows of its reads of disks. Hosted.

#include "unikernel-example/platform/arriving_blocks.hpp"

namespace docteur::cache_vm::on_linux {

[[nodiscard]] inline disk_waits& this_threads_disk_waits() noexcept {
  static thread_local disk_waits mine;
  return mine;
}

}  // namespace docteur::cache_vm::on_linux
