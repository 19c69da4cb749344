#pragma once
// Checked content in memory, and the clients that hold it. A slow client holds content only while there is room. When
// memory is needed, the content whose clients have all been stuck longest is taken from them; response_body reads it
// again.

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "object/bytes.hpp"

namespace docteur::cache_vm {

// plain: an object's content. zlib: a blob's stream as it is in the PACK; gzip: its blocks in a gzip member. made_gzip:
// a gzip member that was made of the content. made_dcz: what was made of it with another content as dictionary.
enum class content_form : std::uint8_t { plain, zlib, gzip, made_gzip, made_dcz };

// Shared by all loops; constant once it is made.
struct content {
  static constexpr std::uint32_t kNoObject = ~std::uint32_t{0};

  content() = default;
  content(const content&) = delete;
  content& operator=(const content&) = delete;
  ~content() {
    if (counted) counted->fetch_sub(size, std::memory_order_relaxed);
  }

  std::unique_ptr<std::byte[]> data;
  std::size_t size = 0;
  std::uint32_t position = kNoObject;  // of the object in IDX
  content_form form = content_form::plain;
  std::uint32_t dictionary = 0;                         // of made_dcz: position of the dictionary; else 0
  std::uint32_t crc = 0;                                // CRC-32 of `data`, but of plain content 0
  std::shared_ptr<std::atomic<std::uint64_t>> counted;  // the sum of the sizes of all live content; may be absent
  mutable std::atomic<bool> is_cached{false};           // the cache holds it
  [[nodiscard]] bytes view() const noexcept { return {data.get(), size}; }
};
using shared_content = std::shared_ptr<const content>;

class content_hold;

// All content that the clients of one loop hold because they could not be sent all of it at once, in the order in which
// any of its clients last took some of it.
class content_ledger {
 public:
  // Bytes that a client may always hold: little even for a thousand clients of a small machine.
  static constexpr std::size_t kOwn = 8 << 10;

  content_ledger() = default;
  content_ledger(const content_ledger&) = delete;
  content_ledger& operator=(const content_ledger&) = delete;

  // Takes content away until `live` is at most `most` bytes, or nothing is left to take. Content that the cache keeps
  // stays, and so does content of at most kOwn bytes for each of its clients.
  void trim(const std::atomic<std::uint64_t>& live, std::uint64_t most) noexcept;
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }  // number of contents, since the start

 private:
  friend class content_hold;
  struct held {
    const content* what;
    std::vector<content_hold*> holds;
  };
  std::list<held> order_;  // most recently sent first
  std::unordered_map<const content*, std::list<held>::iterator> places_;
  std::uint64_t taken_ = 0;
};

// One client's hold. The ledger outlives it.
class content_hold {
 public:
  content_hold(content_ledger& ledger, shared_content c);
  content_hold(const content_hold&) = delete;
  content_hold& operator=(const content_hold&) = delete;
  ~content_hold() { let_go(); }

  // nullptr once it was taken away.
  [[nodiscard]] const content* get() const noexcept { return content_.get(); }
  // The client was sent something.
  void touch() noexcept;
  void let_go() noexcept;

 private:
  content_ledger* ledger_;
  shared_content content_;
  std::list<content_ledger::held>::iterator at_;
  std::size_t place_ = 0;  // in at_->holds
};

}  // namespace docteur::cache_vm
