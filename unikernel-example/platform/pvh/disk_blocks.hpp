#pragma once
// A disk that can be read without waiting for it: blocks are read in the background, and kept until they were used and
// their place is needed.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "object/device.hpp"
#include "unikernel-example/platform/pvh/virtio_block.hpp"

namespace docteur::cache_vm::pvh {

// The state behind platform::wait_for_disks() and take_ticket().
struct disk_patience {
  bool may_wait = true;
  std::uint64_t ticket = 0;
  std::uint64_t last_ticket = 0;

  [[nodiscard]] std::uint64_t take_ticket() noexcept { return std::exchange(ticket, 0); }
};

class disk_blocks {
 public:
  static constexpr std::uint32_t kBlock = 64 << 10;  // bytes

  // Keeps at most `most` blocks. `below` and `patience` must outlive it.
  disk_blocks(virtio_block& below, disk_patience& patience, std::size_t most);
  disk_blocks(const disk_blocks&) = delete;
  disk_blocks& operator=(const disk_blocks&) = delete;
  ~disk_blocks() { below_->set_background({}); }

  // With the current size. Valid as long as this object. Where reads may not wait, they still wait for a moment, since
  // a fast disk answers in less time than it takes to ask twice. Errors: virtio_block's.
  [[nodiscard]] device view() noexcept;
  // Takes what the disk has brought, and returns the tickets that were given for it.
  [[nodiscard]] std::vector<std::uint64_t> poll();
  // Whether poll() may have something to return soon.
  [[nodiscard]] bool is_reading() const noexcept { return reading_ > 0; }

 private:
  struct slot {
    enum class is { empty, wanted, here, failed };
    is state = is::empty;
    bool was_used = false;
    std::uint64_t number = 0;  // of the block
    std::uint64_t since = 0;   // monotonic ns: when it was wanted, came or failed
    std::uint64_t used = 0;    // a count that grows with each use
    error why{};
    std::unique_ptr<std::byte[]> content;
    std::vector<std::uint64_t> tickets;
  };
  using range = std::pair<std::uint64_t, std::uint64_t>;  // numbers of the first and the last block

  [[nodiscard]] result<done> read(std::uint64_t offset, mutable_bytes out);
  [[nodiscard]] slot* find(std::uint64_t number) noexcept;
  [[nodiscard]] slot* free_slot(range needed) noexcept;
  [[nodiscard]] bool want(range needed);
  [[nodiscard]] result<bool> is_here(range needed, std::uint64_t offset) noexcept;
  void copy(std::uint64_t offset, mutable_bytes out) noexcept;
  void finish(std::uint32_t tag, const result<done>& got) noexcept;

  virtio_block* below_;
  disk_patience* patience_;
  std::vector<slot> slots_;
  std::vector<std::uint64_t> no_room_;  // tickets
  std::vector<std::uint64_t> arrived_;  // tickets
  std::uint64_t size_ = 0;              // bytes of the disk
  std::uint64_t uses_ = 0;
  std::size_t reading_ = 0;
};

}  // namespace docteur::cache_vm::pvh
