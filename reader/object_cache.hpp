#pragma once
// A cache of objects that are bases of deltas, by their PACK offset, in a fixed number of bytes. Guest-safe.
//
// It is a circular log: objects follow one another in one block of memory, and room for a new one is made by dropping
// the objects that come next, which are the oldest. An object that was used since is moved to the front of the gap
// instead, at most a few times (CLOCK with a counter; Corbató, "A Paging Experiment with the Multics System", 1968). So
// a walk over all files does not evict the bases that many files share, no object needs an allocation, and no memory is
// lost between objects.

#include <cstdint>

#include "object/bytes.hpp"
#include "object/memory.hpp"
#include "object/oid.hpp"

namespace docteur {

class object_cache {
 public:
  struct node;

  // Pins a cached object: it stays where it is until the handle is destroyed. Move-only.
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
    // The memory to fill after make(). Only before keep().
    [[nodiscard]] mutable_bytes fill() noexcept;
    [[nodiscard]] bool is_beside_cache() const noexcept;  // has memory of its own

   private:
    friend class object_cache;
    handle(object_cache* cache, node* n) noexcept : cache_(cache), node_(n) {}
    object_cache* cache_ = nullptr;
    node* node_ = nullptr;
  };

  // The block of `capacity` bytes is allocated from `from` for the first object; if that fails, a smaller block or none
  // is used. Handles must not outlive the cache, and the cache must not be moved while there are handles.
  object_cache(const memory& from, std::uint64_t capacity) noexcept;
  object_cache(object_cache&& other) noexcept;
  object_cache& operator=(object_cache&&) = delete;
  ~object_cache() = default;

  // Returns an empty handle if the object is not in the cache.
  [[nodiscard]] handle find(std::uint64_t offset) noexcept;
  // Makes room for an object that is not in the cache. The object is dropped with its handle unless keep() was called.
  // An object of more than a quarter of the capacity gets memory of its own and is not kept: it would evict all others.
  // Errors: out_of_memory.
  [[nodiscard]] result<handle> make(std::uint64_t offset, object_type type, std::uint64_t size) noexcept;
  // The same for an object that will not be kept and may take the whole cache; others are dropped for it. For a caller
  // that holds one large object already and would otherwise allocate a second.
  [[nodiscard]] result<handle> make_passing(std::uint64_t offset, object_type type, std::uint64_t size) noexcept;
  void keep(handle& h) noexcept;
  // Whether an object of `size` bytes is small enough to be kept.
  [[nodiscard]] bool is_for(std::uint64_t size) const noexcept;
  void clear() noexcept;  // drops all objects that are not pinned
  // Drops all objects, and the block of memory too, unless a handle pins an object in it. The next object begins anew.
  void release() noexcept { pinned_ == 0 ? release_log() : clear(); }
  // From now on nothing is kept. The block of memory is released, unless a handle pins an object in it.
  void close() noexcept {
    capacity_ = 0;
    release();
  }

  struct counters {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t used = 0;  // bytes of objects, including those that only handles hold
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
  // The gap is from `front_` to `gap_end_`; the rest of the log is nodes.
  std::uint64_t front_ = 0;
  std::uint64_t gap_end_ = 0;
  std::uint32_t pinned_ = 0;  // pinned nodes in the log
  counters counters_;
};

}  // namespace docteur
