#pragma once
// Contents of files that are being read, and pieces of large ones, in a bounded number of bytes. Hosted, may be used by
// many threads.

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "mount/blob_streams.hpp"
#include "object/memory.hpp"

namespace docteur {

struct held_content {
  std::uint64_t size = 0;                 // bytes of the blob
  owned_array<std::byte> data;            // the content, or a piece of it
  std::unique_ptr<blob_streams> streams;  // of a large blob, instead of data
  std::uint64_t piece = 0;  // bytes of each piece that such a blob is read in; 0: any range costs the same
};

inline constexpr std::uint64_t kStreamsCost = 320 << 10;  // bytes: windows and inputs of the streams of one blob

// What is held: the content of the blob at a position in IDX, or the piece with a number from 0.
[[nodiscard]] constexpr std::uint64_t content_key(std::uint32_t position) noexcept { return position; }
[[nodiscard]] constexpr std::uint64_t content_key(std::uint32_t position, std::uint32_t piece) noexcept {
  return (std::uint64_t{piece} + 1) << 32 | position;
}

class content_store {
 public:
  // Holds at most `bound` bytes: the contents used last, and the last one in any case.
  explicit content_store(std::uint64_t bound) noexcept : bound_(bound) {}

  using handle = std::shared_ptr<const held_content>;
  using builder = std::function<result<held_content>()>;

  // Returns what is held under a key, valid as long as the handle, or nullptr.
  [[nodiscard]] handle find(std::uint64_t key);
  // The same, but what is not held is built. It will take `cost` bytes of memory; what must go for that goes first, so
  // that the two are not in memory together. Callers for one key wait for the first one's `build`. A failure is not
  // held: the next caller builds again. Errors: those of `build`.
  [[nodiscard]] result<handle> get(std::uint64_t key, std::uint64_t cost, const builder& build);
  [[nodiscard]] std::uint64_t used() const;  // bytes

 private:
  struct slot {
    std::mutex building;
    handle content;  // guarded by `building` until it is set, then constant
  };
  struct kept {
    std::uint64_t key;
    std::uint64_t cost;  // bytes
    handle content;
  };
  void make_room(std::uint64_t cost);
  void keep(std::uint64_t key, std::uint64_t cost, const handle& content);

  const std::uint64_t bound_;
  mutable std::mutex mutex_;
  std::list<kept> order_;  // the content used last is first
  std::unordered_map<std::uint64_t, std::list<kept>::iterator> kept_;
  std::unordered_map<std::uint64_t, std::shared_ptr<slot>> slots_;  // contents that are being built
  std::uint64_t used_ = 0;
};

}  // namespace docteur
