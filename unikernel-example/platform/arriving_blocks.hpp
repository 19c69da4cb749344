#pragma once
// Blocks of a disk that are read in the background: which of them are here, wanted or failed, who waits for them, and
// which go when there is no room. It reads nothing itself. For one thread at a time; the caller locks. `now`: monotonic
// ns.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "object/bytes.hpp"
#include "object/result.hpp"

namespace docteur::cache_vm {

// What a thread that serves clients knows of its reads: the state behind platform::wait_for_disks() and take_ticket().
struct disk_waits {
  bool may_wait = true;
  std::size_t loop = 0;      // that the thread runs
  std::uint64_t ticket = 0;  // of the last read that failed because it may not wait; 0: none

  [[nodiscard]] std::uint64_t take_ticket() noexcept;
};

struct block_range {
  std::uint64_t first;
  std::uint64_t last;  // inclusive

  [[nodiscard]] std::uint64_t count() const noexcept { return last - first + 1; }
};

class arriving_blocks {
 public:
  static constexpr std::uint64_t kBlock = 64 << 10;  // bytes

  struct waiter {
    std::size_t loop;
    std::uint64_t ticket;
  };

  // At most `most` blocks are wanted or here, > 1.
  explicit arriving_blocks(std::size_t most) : most_(most) {}

  // The blocks of `size` > 0 bytes from `offset` on.
  [[nodiscard]] static block_range blocks_of(std::uint64_t offset, std::size_t size) noexcept {
    return {offset / kBlock, (offset + size - 1) / kBlock};
  }
  // Whether so many blocks are too many to be read in the background.
  [[nodiscard]] bool is_too_much(block_range needed) const noexcept { return needed.count() > most_ / 2; }

  // Whether all these blocks are here. Fails as one of them did within the last half second; it is forgotten later.
  // `at`: of the read, for its error.
  [[nodiscard]] result<bool> are_here(block_range needed, std::uint64_t at, std::uint64_t now);
  // Whether the block is here and was copied from.
  [[nodiscard]] bool was_used(std::uint64_t number) const noexcept;
  // Copies from blocks that are here.
  void copy(std::uint64_t offset, mutable_bytes out) noexcept;
  // The blocks of the range that nobody reads yet: they are wanted from now on. nullopt: there is no room for them, and
  // nothing has changed. Blocks go that were used, or that nobody came for in five seconds. When nothing is wanted,
  // nobody else makes room, so others go, too, but for blocks that are only `ahead` of what is needed. Throws
  // std::bad_alloc.
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> want(block_range needed, std::uint64_t now,
                                                               bool ahead = false);
  // A block that want() has just returned is not read after all.
  void withdraw(std::uint64_t number) noexcept;
  // The place of a wanted block: kBlock bytes, which stay where they are until it is settled.
  [[nodiscard]] std::byte* place(std::uint64_t number) noexcept;
  // `who` is told when the last wanted block of the range is settled, or, without room for them, the next one.
  void wait(block_range needed, waiter who);
  // A wanted block was read into its place, or cannot be had. Adds to `ready` who may try again.
  void settle(std::uint64_t number, const result<done>& got, std::uint64_t now, std::vector<waiter>& ready);
  // The disk may have other content from now on: what is here goes, and what is being read now is not kept.
  void renew() noexcept;
  // Forgets everything; returns all who wait.
  [[nodiscard]] std::vector<waiter> give_up();

  [[nodiscard]] std::size_t wanted() const noexcept { return wanted_.size(); }

 private:
  struct block {
    enum class is { wanted, here, failed };
    is state = is::wanted;
    bool was_used = false;
    bool is_old = false;      // read before renew(): of no use when it comes
    std::uint64_t since = 0;  // when it came or failed
    error why{};
    std::unique_ptr<std::byte[]> content;
    std::vector<waiter> waiters;
    std::list<std::uint64_t>::iterator place;  // in wanted_ or order_
  };
  using map = std::unordered_map<std::uint64_t, block>;
  [[nodiscard]] bool make_room(std::size_t more, block_range spare, std::uint64_t now, bool ahead);
  void forget(map::iterator which, std::list<std::uint64_t>& from) noexcept;

  const std::size_t most_;
  map blocks_;                       // by number
  std::list<std::uint64_t> wanted_;  // their numbers
  std::list<std::uint64_t> order_;   // those of the others; the one used last is first
  std::vector<waiter> no_room_;
  std::vector<std::unique_ptr<std::byte[]>> spare_;  // places of blocks that went
};

}  // namespace docteur::cache_vm
