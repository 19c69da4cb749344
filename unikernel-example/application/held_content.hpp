#pragma once
// Checked content in memory, and who holds it. A client that is slow may hold some only as long as there is room: when
// others need it, content whose clients have all been stuck the longest is taken from them (response_body reads it
// again).

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "object/bytes.hpp"
#include "unikernel-example/application/http_conditions.hpp"

namespace docteur::cache_vm {

class content_hold;

struct content {
  static constexpr std::uint32_t kNoObject = ~std::uint32_t{0};

  content() = default;
  content(const content&) = delete;
  content& operator=(const content&) = delete;
  ~content() {
    if (counted) *counted -= size;
  }

  std::unique_ptr<std::byte[]> data;
  std::size_t size = 0;
  std::uint32_t position = kNoObject;  // in IDX, of what it is the content of
  coding form = coding::identity;
  std::shared_ptr<std::uint64_t> counted;  // sums up the sizes of all that live; may be absent
  [[nodiscard]] bytes view() const noexcept { return {data.get(), size}; }

  // Who else than the request in hand holds it: the cache, and clients that were not sent all of it at once.
  struct uses {
    bool is_cached = false;
    std::vector<content_hold*> holds;
    std::list<const content*>::iterator place;  // in the ledger while there are holds
  };
  mutable uses used;
};
using shared_content = std::shared_ptr<const content>;

// The content that clients hold, in the order in which any of its clients last took some.
class content_ledger {
 public:
  // Bytes that a client may hold for itself, whatever the others need: for a thousand clients little, even where memory
  // is small.
  static constexpr std::size_t kOwn = 8 << 10;

  content_ledger() = default;
  content_ledger(const content_ledger&) = delete;
  content_ledger& operator=(const content_ledger&) = delete;

  // Takes content away until no more than `most` bytes of `live` are left, or nothing is left to take: not what the
  // cache keeps, and not what is shared by so many that it is a small part for each.
  void trim(const std::uint64_t& live, std::uint64_t most) noexcept;
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }  // contents, since the beginning

 private:
  friend class content_hold;
  std::list<const content*> order_;  // who was sent something last first
  std::uint64_t taken_ = 0;
};

// One client's hold. The ledger outlives it.
class content_hold {
 public:
  content_hold(content_ledger& ledger, shared_content c);
  content_hold(const content_hold&) = delete;
  content_hold& operator=(const content_hold&) = delete;
  ~content_hold() { let_go(); }

  // The content, or nullptr: it was taken away.
  [[nodiscard]] const content* get() const noexcept { return content_.get(); }
  // The client was sent something.
  void touch() noexcept;
  void let_go() noexcept;

 private:
  content_ledger* ledger_;
  shared_content content_;
  std::size_t place_ = 0;  // in content_->used.holds
};

}  // namespace docteur::cache_vm
