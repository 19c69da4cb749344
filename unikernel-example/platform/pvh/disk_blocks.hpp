#pragma once
// A disk that can be read without waiting for it: blocks are read in the background, and kept until they were used and
// their place is needed.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "object/device.hpp"
#include "unikernel-example/platform/arriving_blocks.hpp"
#include "unikernel-example/platform/pvh/virtio_block.hpp"

namespace docteur::cache_vm::pvh {

class disk_blocks {
 public:
  // Keeps at most `most` blocks. `below` and `waits` must outlive it.
  disk_blocks(virtio_block& below, disk_waits& waits, std::size_t most);
  disk_blocks(const disk_blocks&) = delete;
  disk_blocks& operator=(const disk_blocks&) = delete;
  ~disk_blocks() { below_->set_background({}); }

  // With the current size and content: what was read before is read again. Valid as long as this object. Where reads
  // may not wait, they still wait for a moment, since a fast disk answers in less time than it takes to ask twice. When
  // a read goes on from block to block, the next one is read meanwhile. Errors: virtio_block's.
  [[nodiscard]] device view() noexcept;
  // Takes what the disk has brought, and returns who waited for it.
  [[nodiscard]] std::vector<arriving_blocks::waiter> poll();
  // Whether poll() may have something to return soon.
  [[nodiscard]] bool is_reading() const noexcept { return blocks_.wanted() > 0; }

 private:
  [[nodiscard]] result<done> read(std::uint64_t offset, mutable_bytes out);
  [[nodiscard]] bool want(block_range needed, bool ahead = false);
  void read_ahead(block_range needed);

  virtio_block* below_;
  disk_waits* waits_;
  arriving_blocks blocks_;
  std::vector<arriving_blocks::waiter> arrived_;
  std::uint64_t size_ = 0;  // bytes of the disk
};

}  // namespace docteur::cache_vm::pvh
