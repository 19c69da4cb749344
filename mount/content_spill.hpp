#pragma once
// Content that is read in no order, in a file without a name: reading another part of it is then one read, and not
// another build. The kernel keeps what of it is used. Hosted, may be used by many threads.

#include <cstdint>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "base/unique_fd.hpp"
#include "object/bytes.hpp"

namespace docteur {

class content_spill {
 public:
  // Holds at most `bound` bytes, and at most half of what is free, in the folder of temporary files. The file is opened
  // here, before anything is mounted: later the folder could be in the mount. Without it nothing is held; when the disk
  // is full, what was held is given back.
  explicit content_spill(std::uint64_t bound);

  // Holds content of at most the bound. The content held for longest goes. Others read meanwhile.
  void put(std::uint64_t key, bytes content) noexcept;
  // Fills `out` with the content from byte `at` on, if it is held; the range must be inside it.
  [[nodiscard]] bool read(std::uint64_t key, std::uint64_t at, mutable_bytes out) noexcept;
  // The size of held content in bytes; 0 if it is not held.
  [[nodiscard]] std::uint64_t size(std::uint64_t key) const noexcept;

 private:
  struct place {
    std::uint64_t offset;
    std::uint64_t size;
  };
  [[nodiscard]] bool write(std::uint64_t offset, bytes content) noexcept;
  void give_back() noexcept;
  void make_room(std::uint64_t begin, std::uint64_t end);

  std::uint64_t bound_;
  std::mutex writing_;               // held by the one thread that writes; taken before guard_
  mutable std::shared_mutex guard_;  // of all below; shared by readers
  unique_fd file_;                   // changed only by who writes
  std::uint64_t next_ = 0;           // where the next content begins; the file is a ring
  std::deque<std::uint64_t> order_;  // keys, in the order of their places
  std::unordered_map<std::uint64_t, place> places_;
};

}  // namespace docteur
