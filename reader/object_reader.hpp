#pragma once
// Reads the objects of one PACK by offset: resolves delta chains and caches bases. Guest-safe. One reader per thread.

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
  entry_header header;  // of the object's own entry
};

class object_reader {
 public:
  // `pack` and `index` must outlive the reader. `cache_bytes`: for bases, in addition to the object that is being
  // built. `read_ahead`: as for read_window.
  [[nodiscard]] static result<object_reader> make(const device& pack, const pack_index& index, const memory& from,
                                                  const limits& bounds, std::uint64_t cache_bytes,
                                                  std::uint64_t read_ahead = kDefaultReadAhead) noexcept;

  // `offset`: of an entry, from the start of the PACK. Errors: out_of_range, those of
  // decode_entry_header(), the device's.
  [[nodiscard]] result<entry_header> header(std::uint64_t offset) noexcept;
  // Returns the type and size of an object. For a delta this follows the entry headers of the whole chain. Errors:
  // malformed for a size that the entry cannot hold, so that the size is at most about 1,032 times that on the device.
  [[nodiscard]] result<object_info> info(std::uint64_t offset) noexcept;
  // Returns the bytes of content, as recorded in the entry or its delta. A small delta is inflated for that, and kept
  // for a read() of the same object that follows; of a longer one only the first bytes are, so that damage behind them
  // is left to read(). The bases are not read, so the type is compared with `expected` (wrong_kind) only if the entry
  // is not a delta.
  [[nodiscard]] result<std::uint64_t> size(std::uint64_t offset, object_type expected) noexcept;

  // Reads the whole object; `out.size()` must be its size. Returns its type. The id is not checked. On error the
  // contents of `out` are unspecified.
  [[nodiscard]] result<object_type> read(std::uint64_t offset, mutable_bytes out) noexcept;

  // Reads the whole object to memory of its own.
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

  // The place of a PACK offset on the device.
  [[nodiscard]] std::uint64_t device_offset(std::uint64_t offset) const noexcept {
    return index_->where().start + offset;
  }

 private:
  // A delta on the way down to a whole object; its instructions are in deltas_.
  struct link {
    std::uint64_t offset;
    std::uint64_t delta_at;
    std::uint64_t delta_size;
    entry_header header;
  };
  // An object that a delta is applied to: in the cache, in memory that the handle owns, or in the output buffer of the
  // object that is being built.
  struct object_in_chain {
    object_type type;
    bytes content;
    mutable_bytes room;  // the content, while it is being written
    object_cache::handle held;
  };
  struct entry {
    entry_header header;
    bytes data;          // from the entry's first byte on; only the beginning of a long entry
    std::uint64_t most;  // bytes that may belong to the entry
  };
  object_reader(const device& pack, const pack_index& index, const memory& from, const limits& bounds,
                std::uint64_t cache_bytes, std::uint64_t read_ahead, inflater&& inflate) noexcept;

  [[nodiscard]] result<entry> fetch(std::uint64_t offset, std::uint64_t want) noexcept;
  [[nodiscard]] result<done> inflate_entry(std::uint64_t offset, const entry& e, mutable_bytes out) noexcept;
  [[nodiscard]] result<std::uint64_t> base_of(const entry_header& h, std::uint64_t offset) const noexcept;
  [[nodiscard]] result<std::uint64_t> result_size(const link& l) const noexcept;
  [[nodiscard]] result<std::uint64_t> first_size(std::uint64_t offset, const entry& e) noexcept;
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
  inflate_stream first_bytes_;  // made when a long delta is asked for its size
  bool has_first_bytes_ = false;
  object_cache cache_;
  read_window window_;
  owned_array<std::byte> deltas_;  // instructions of the chain that is being resolved
  owned_array<link> links_;
  bool chain_is_started_ = false;  // links_ has the first delta of a chain, from which read() may continue
};

}  // namespace docteur
