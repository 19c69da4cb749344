#pragma once
// The blocks of a file that are wanted, on their way, or here. Hosted; not for several threads at once.

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "object/bytes.hpp"
#include "remote/range_work.hpp"

namespace docteur {

inline constexpr std::uint64_t kBlock = 16 << 10;  // bytes; the last block of a file may be shorter

struct held_block {
  enum class state { wanted, coming, here, failed };
  state is = state::wanted;
  std::vector<std::byte> content;            // of coming: what came so far
  std::shared_ptr<const range_failure> why;  // of failed
};

class held_blocks {
 public:
  using block = std::shared_ptr<held_block>;
  // `most`: bytes of blocks that are kept although nobody waits for them.
  held_blocks(std::uint64_t file_size, std::uint64_t most) : file_size_(file_size), most_(most) {}

  // The block, which is wanted from now on if it is not here. It stays valid when it is forgotten here.
  block want(std::uint64_t index);
  // The same; if it is not on its way, it is next.
  block want_now(std::uint64_t index);
  [[nodiscard]] bool has(std::uint64_t index) const { return blocks_.contains(index); }
  // The range of the block that is wanted for longest and its neighbours. Gaps of a few blocks that are not here are
  // filled. These blocks are coming now.
  [[nodiscard]] std::optional<byte_range> next();
  // Bytes of a range that next() returned. Returns true if a block is here now.
  bool take(std::uint64_t at, bytes piece);
  // The blocks of the range that are not here have failed; they are forgotten.
  void fail(byte_range range, const range_failure& why);

  [[nodiscard]] std::uint64_t size_of(std::uint64_t index) const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return (file_size_ + kBlock - 1) / kBlock; }

 private:
  struct place {
    block of;
    std::list<std::uint64_t>::iterator used;
  };
  bool is_wanted(std::uint64_t index) const;
  [[nodiscard]] std::uint64_t end_of_run(std::uint64_t index, bool forward) const;
  void forget_some();

  std::uint64_t file_size_;
  std::uint64_t most_;
  std::unordered_map<std::uint64_t, place> blocks_;
  std::list<std::uint64_t> order_;   // of use, the latest first
  std::deque<std::uint64_t> queue_;  // wanted, in order; some may be coming already
};

}  // namespace docteur
