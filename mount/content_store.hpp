#pragma once
// Contents of files that are being read, in a bounded number of bytes. Hosted, may be used by many threads.

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "mount/blob_streams.hpp"
#include "object/memory.hpp"

namespace docteur {

// The content of one blob: all of it, or streams of a large one.
struct held_content {
  std::uint64_t size = 0;  // bytes of content
  owned_array<std::byte> whole;
  std::unique_ptr<blob_streams> streams;  // if not whole
};

class content_store {
 public:
  // Holds at most `bound` bytes: the contents used last, and the last one in any case.
  explicit content_store(std::uint64_t bound) noexcept : bound_(bound) {}

  using handle = std::shared_ptr<const held_content>;
  using builder = std::function<result<held_content>()>;

  // Returns the content of the blob at `position` in IDX, which stays valid as long as the handle, or nullptr.
  [[nodiscard]] handle find(std::uint32_t position);
  // The same, but content that is not held is built. Callers for one blob wait for the first one's `build`. A failure
  // is not held: the next caller builds again. Errors: those of `build`.
  [[nodiscard]] result<handle> get(std::uint32_t position, const builder& build);
  [[nodiscard]] std::uint64_t used() const;  // bytes

 private:
  struct slot {
    std::mutex building;
    handle content;  // guarded by `building` until it is set, then constant
  };
  struct kept {
    std::uint32_t position;
    std::uint64_t cost;  // bytes
    handle content;
  };
  void keep(std::uint32_t position, const handle& content);

  const std::uint64_t bound_;
  mutable std::mutex mutex_;
  std::list<kept> order_;  // the content used last is first
  std::unordered_map<std::uint32_t, std::list<kept>::iterator> kept_;
  std::unordered_map<std::uint32_t, std::shared_ptr<slot>> slots_;  // contents that are being built
  std::uint64_t used_ = 0;
};

}  // namespace docteur
