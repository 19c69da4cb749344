#pragma once
// Which bytes to fetch ahead of readers that read a slow device forward, each from another place. Hosted, for many
// threads.

#include <array>
#include <cstdint>
#include <mutex>

namespace docteur {

struct device_range {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // bytes; 0: nothing
};

class read_ahead {
 public:
  // `size`: bytes of the device.
  explicit read_ahead(std::uint64_t size) noexcept : size_(size) {}

  // Notes a read, before it is done. Returns what to fetch ahead of it: nothing after a jump, more and more where
  // reading goes on; always a large piece, long before it is needed. The pieces of one reader follow each other.
  [[nodiscard]] device_range note(std::uint64_t offset, std::uint64_t size) noexcept;

  static constexpr std::uint64_t kMost = std::uint64_t{4} << 20;  // bytes ahead of one reader
  static constexpr std::size_t kReaders = 8;                      // readers whose places it keeps

 private:
  // A place where a read ended, which the next may continue.
  struct stream {
    std::uint64_t end = 0;
    std::uint64_t run = 0;    // bytes that were read there, one after another
    std::uint64_t ahead = 0;  // where what was fetched ahead ends
    std::uint64_t used = 0;   // when it was last continued
  };

  const std::uint64_t size_;
  std::mutex guard_;  // of these
  std::array<stream, kReaders> streams_{};
  std::uint64_t clock_ = 0;
};

}  // namespace docteur
