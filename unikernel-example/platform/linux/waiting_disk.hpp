#pragma once
// A disk that an event loop can read without waiting: what is not in memory is read by other threads, and the loop is
// told when it is there. Hosted.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "host/image_device.hpp"
#include "unikernel-example/platform/arriving_blocks.hpp"

namespace docteur::cache_vm::on_linux {

class waiting_disk {
 public:
  static constexpr std::size_t kThreads = 32;  // reads at once, at most

  // Called by any thread, which must not be delayed, for each ticket that a loop was given.
  using arrival = std::function<void(std::size_t loop, std::uint64_t ticket)>;

  // `memory`: bytes for blocks, at least 16 MiB. The threads that read keep `below` as long as they need it.
  waiting_disk(std::shared_ptr<image_device> below, std::uint64_t memory, arrival arrived);
  waiting_disk(const waiting_disk&) = delete;
  waiting_disk& operator=(const waiting_disk&) = delete;
  // Waits for nobody: reads that others have begun end by themselves. All tickets that are still open are called.
  ~waiting_disk();

  // Valid as long as this object. On a thread that may wait (disk_waits) a read is one of `below`. On another one it
  // fails with errc::unavailable, and leaves a ticket, unless all bytes are in memory. What fails below fails here at
  // the next try, with the same error.
  [[nodiscard]] device view() const noexcept;

  // Whether a thread of any object of this class is in a read, which nothing can interrupt.
  [[nodiscard]] static bool is_any_reading() noexcept;

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace docteur::cache_vm::on_linux
