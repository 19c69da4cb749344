#pragma once
// Objects that deltas were built on, kept by their PACK offset in a bounded number of bytes. Guest-safe.
//
// Segmented LRU (Karedla, Love, Wherry 1994): an object enters the probation list, a second use moves it to the
// protected list, which holds at most three quarters of the bytes. So a walk over all files does not push out the bases
// that many files share.

#include <cstdint>

#include "object/bytes.hpp"
#include "object/memory.hpp"
#include "object/oid.hpp"

namespace docteur {

class object_cache {
 public:
  struct node;

  // A use of a cached object: it stays where it is until the handle goes. Move-only.
  class handle {
   public:
    handle() = default;
    handle(handle&& other) noexcept
        : cache_(std::exchange(other.cache_, nullptr)), node_(std::exchange(other.node_, nullptr)) {}
    handle& operator=(handle&& other) noexcept {
      std::swap(cache_, other.cache_);
      std::swap(node_, other.node_);
      return *this;
    }
    ~handle();

    [[nodiscard]] explicit operator bool() const noexcept { return node_ != nullptr; }
    [[nodiscard]] object_type type() const noexcept;
    [[nodiscard]] bytes content() const noexcept;
    // To fill what make() gave. Only before keep().
    [[nodiscard]] mutable_bytes fill() noexcept;

   private:
    friend class object_cache;
    handle(object_cache* cache, node* n) noexcept : cache_(cache), node_(n) {}
    object_cache* cache_ = nullptr;
    node* node_ = nullptr;
  };

  // Nothing is taken from `from` before it is needed. Handles must go before the cache does, and it must not move
  // while there are any.
  object_cache(const memory& from, std::uint64_t capacity) noexcept;
  object_cache(object_cache&& other) noexcept;
  object_cache& operator=(object_cache&&) = delete;
  ~object_cache();

  // An empty handle when the object is not there.
  [[nodiscard]] handle find(std::uint64_t offset) noexcept;
  // Room for an object that is not in the cache yet; it goes when its handle goes unless keep() came first.
  [[nodiscard]] result<handle> make(std::uint64_t offset, object_type type, std::uint64_t size) noexcept;
  void keep(handle& h) noexcept;
  void clear() noexcept;  // all that no handle holds

  struct counters {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t used = 0;  // bytes, those that only handles hold included
  };
  [[nodiscard]] const counters& count() const noexcept { return counters_; }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }

 private:
  // A doubly linked list, most recent first.
  struct list {
    node* first = nullptr;
    node* last = nullptr;
    std::uint64_t bytes = 0;
  };
  static void push(list& l, node* n) noexcept;
  static void remove(list& l, node* n) noexcept;
  void unpin(node* n) noexcept;
  void shrink_to(std::uint64_t goal) noexcept;
  // One large object must not push out all the others.
  [[nodiscard]] bool is_worth_keeping(std::uint64_t block_size) const noexcept { return block_size <= capacity_ / 4; }
  void discard(node* n) noexcept;
  [[nodiscard]] node*& bucket(std::uint64_t offset) noexcept;

  memory memory_;
  std::uint64_t capacity_;
  owned_array<node*> buckets_;
  list probation_;
  list protected_;
  counters counters_;
};

}  // namespace docteur
