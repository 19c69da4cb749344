#pragma once
// Objects that deltas were built on, kept by their PACK offset in a fixed number of bytes. Guest-safe.
//
// A circular log: objects are one behind another in one block of memory, and room for a new one is made by dropping
// those that come next, which are the oldest. One that was used since is moved down to the front of the gap instead, a
// few times at most (CLOCK with a counter; Corbató, "A Paging Experiment with the Multics System", 1968). So a walk
// over all files does not push out the bases that many files share, no memory is taken for an object, and none is lost
// between objects.

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
    [[nodiscard]] bool is_beside_cache() const noexcept;  // in memory of its own

   private:
    friend class object_cache;
    handle(object_cache* cache, node* n) noexcept : cache_(cache), node_(n) {}
    object_cache* cache_ = nullptr;
    node* node_ = nullptr;
  };

  // The block of `capacity` bytes is taken from `from` when the first object comes; where it cannot be had, a smaller
  // one is, or none. Handles must go before the cache does, and it must not move while there are any.
  object_cache(const memory& from, std::uint64_t capacity) noexcept;
  object_cache(object_cache&& other) noexcept;
  object_cache& operator=(object_cache&&) = delete;
  ~object_cache() = default;

  // An empty handle when the object is not there.
  [[nodiscard]] handle find(std::uint64_t offset) noexcept;
  // Room for an object that is not in the cache yet; it goes when its handle goes unless keep() came first. An object
  // of more than a quarter of the capacity has memory of its own and is not kept: it would push out all the others.
  [[nodiscard]] result<handle> make(std::uint64_t offset, object_type type, std::uint64_t size) noexcept;
  // The same for an object that will not be kept and may be as large as all the others, which make way for it: for who
  // has a large object in hand already and would take memory for another.
  [[nodiscard]] result<handle> make_passing(std::uint64_t offset, object_type type, std::uint64_t size) noexcept;
  void keep(handle& h) noexcept;
  // Whether an object of `size` bytes is small enough to be kept.
  [[nodiscard]] bool is_for(std::uint64_t size) const noexcept;
  void clear() noexcept;  // all that no handle holds
  // From now on nothing is kept. The block of memory is given back, unless a handle holds some of it.
  void close() noexcept {
    capacity_ = 0;
    pinned_ == 0 ? release_log() : clear();
  }

  struct counters {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t used = 0;  // bytes of objects, those that only handles hold included
  };
  [[nodiscard]] const counters& count() const noexcept { return counters_; }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }

 private:
  void take_log() noexcept;
  void release_log() noexcept;
  [[nodiscard]] node* reserve(std::uint64_t block_size) noexcept;
  [[nodiscard]] result<handle> make_below(std::uint64_t limit, std::uint64_t offset, object_type type,
                                          std::uint64_t size) noexcept;
  [[nodiscard]] node* node_at(std::uint64_t position) noexcept;
  void fill_gap() noexcept;
  void move_down(node* n) noexcept;
  void forget(node* n) noexcept;
  void unpin(node* n) noexcept;
  [[nodiscard]] node** link_to(node* n) noexcept;
  [[nodiscard]] node*& bucket(std::uint64_t offset) noexcept;

  memory memory_;
  std::uint64_t capacity_;
  owned_array<node*> buckets_;
  owned_array<std::byte> log_;
  // The gap: nothing is from `front_` to `gap_end_`; all else of the log is nodes.
  std::uint64_t front_ = 0;
  std::uint64_t gap_end_ = 0;
  std::uint32_t pinned_ = 0;  // nodes of the log
  counters counters_;
};

}  // namespace docteur
