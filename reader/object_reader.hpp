#pragma once
// Objects of one PACK by their offset: delta chains resolved, bases cached. Guest-safe; one for each thread.

#include <cstdint>

#include "object/device.hpp"
#include "object/memory.hpp"
#include "pack/entry.hpp"
#include "pack/inflate.hpp"
#include "reader/limits.hpp"
#include "reader/object_cache.hpp"
#include "reader/pack_index.hpp"
#include "reader/read_window.hpp"

namespace docteur {

struct object_info {
  object_type type;
  std::uint64_t size;   // bytes of content
  entry_header header;  // of its own entry
};

class object_reader {
 public:
  // `pack` and `index` must outlive the reader. `cache_bytes`: for bases, over and above the object that is being
  // built. `read_ahead`: read_window's.
  [[nodiscard]] static result<object_reader> make(const device& pack, const pack_index& index, const memory& from,
                                                  const limits& bounds, std::uint64_t cache_bytes,
                                                  std::uint64_t read_ahead = kDefaultReadAhead) noexcept;

  // `offset`: of an entry, from the start of the PACK. Errors as decode_entry_header().
  [[nodiscard]] result<entry_header> header(std::uint64_t offset) noexcept;
  // Goes down the whole chain of a delta, entry header by entry header. Errors: malformed for a size that the entry
  // cannot hold, so that what is claimed here is at most some 1,032 times what is on the device.
  [[nodiscard]] result<object_info> info(std::uint64_t offset) noexcept;
  // Bytes of content, as the entry or its delta tells. A delta is inflated for that, and kept for a read() of the same
  // object that comes next; its bases are not looked at, so only a whole object can be told to be of another type than
  // `expected` (wrong_kind).
  [[nodiscard]] result<std::uint64_t> size(std::uint64_t offset, object_type expected) noexcept;

  // The whole object; `out.size()` must be its size. What it is is returned. Its id is not checked. On error the
  // contents of `out` are unspecified.
  [[nodiscard]] result<object_type> read(std::uint64_t offset, mutable_bytes out) noexcept;

  // The whole object in memory of its own.
  struct object {
    object_type type;
    owned_array<std::byte> content;
  };
  [[nodiscard]] result<object> read(std::uint64_t offset) noexcept;

  [[nodiscard]] const device& disk() const noexcept { return window_.disk(); }
  [[nodiscard]] const pack_index& index() const noexcept { return *index_; }
  [[nodiscard]] const limits& bounds() const noexcept { return bounds_; }
  [[nodiscard]] const memory& allocator() const noexcept { return memory_; }
  [[nodiscard]] object_cache& cache() noexcept { return cache_; }

  // Where a PACK offset is on the device.
  [[nodiscard]] std::uint64_t device_offset(std::uint64_t offset) const noexcept {
    return index_->where().start + offset;
  }

 private:
  // A delta on the way down to a whole object, inflated into deltas_.
  struct link {
    std::uint64_t offset;
    std::uint64_t delta_at;
    std::uint64_t delta_size;
    entry_header header;
  };
  // What a delta is applied to: in the cache or in memory that goes with the handle, or in the place of the object that
  // is being built.
  struct object_in_chain {
    object_type type;
    bytes content;
    mutable_bytes room;  // the content, of what is still to be made
    object_cache::handle held;
  };
  struct entry {
    entry_header header;
    bytes data;          // from the entry's first byte on; not all of it where it is much
    std::uint64_t most;  // bytes that may belong to it
  };
  object_reader(const device& pack, const pack_index& index, const memory& from, const limits& bounds,
                std::uint64_t cache_bytes, std::uint64_t read_ahead, inflater&& inflate) noexcept;

  [[nodiscard]] result<entry> fetch(std::uint64_t offset, std::uint64_t want) noexcept;
  [[nodiscard]] result<done> inflate_entry(std::uint64_t offset, const entry& e, mutable_bytes out) noexcept;
  [[nodiscard]] result<std::uint64_t> base_of(const entry_header& h, std::uint64_t offset) const noexcept;
  [[nodiscard]] result<std::uint64_t> result_size(const link& l) const noexcept;
  [[nodiscard]] result<done> start_chain(std::uint64_t offset, const entry& e) noexcept;
  [[nodiscard]] result<done> add_link(std::uint64_t offset, const entry& e) noexcept;
  [[nodiscard]] result<object_in_chain> descend(mutable_bytes out) noexcept;
  [[nodiscard]] result<object_in_chain> make_room(std::uint64_t offset, object_type type, std::uint64_t size,
                                                  std::size_t above, const object_cache::handle& below,
                                                  mutable_bytes out) noexcept;
  [[nodiscard]] bytes delta(const link& l) const noexcept {
    return bytes{deltas_.span()}.subspan(l.delta_at, l.delta_size);
  }
  [[nodiscard]] result<object_type> climb(mutable_bytes out) noexcept;
  template <class Place>
  [[nodiscard]] result<object_type> build(std::uint64_t offset, Place place) noexcept;

  const pack_index* index_;
  memory memory_;
  limits bounds_;
  inflater inflater_;
  object_cache cache_;
  read_window window_;
  owned_array<std::byte> deltas_;  // of the chain that is being resolved
  owned_array<link> links_;
  bool chain_is_started_ = false;  // links_ holds one delta that a read() may go on from
};

}  // namespace docteur
