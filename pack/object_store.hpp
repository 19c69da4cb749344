#pragma once
// Holds every object of a source: read once, compared with its id, and kept in a temporary file, because sources are
// slow to read and memory must not grow with content. Reading is safe from many threads. Hosted.
//
// Content is read back several times and never written to the PACK as it is compressed here, so this is LZ4, which
// decompresses five times as fast as deflate. What may_carry() a delta is read back once and not compressed, as long as
// the file is small.

#include <cstdint>
#include <memory>
#include <vector>

#include "object/progress.hpp"
#include "pack/kept_entries.hpp"
#include "pack/object_source.hpp"
#include "pack/spool.hpp"
#include "pack/whole_estimate.hpp"

namespace docteur {

// A buffer for object_store::read(), one per thread.
struct store_scratch {
  std::vector<std::byte> packed;
};

class object_store {
 public:
  // Gets the content of each object once, on any thread, in any order. Content is valid during the call only. One that
  // may_carry() a delta comes later, from carry_deltas(), and only if it does not.
  class observer {
   public:
    virtual ~observer() = default;
    virtual void see(std::size_t index, bytes content) = 0;
  };

  struct settings {
    std::uint64_t large_blob;               // bytes: blobs this large or larger are left out (large_blob.hpp)
    std::filesystem::path spool_directory;  // for the temporary file; empty: the system's
    const kept_entries* kept;               // null: nothing is kept
    // By object: of those that are kept, which may become bases. The others are not read.
    const std::vector<bool>& bases;
  };
  // Reads all objects of `source`, which must outlive the store: those that are kept from the older PACK. Fails when
  // the source, the older PACK or the temporary file does, when content does not match its id, or when `report` says to
  // stop. Uses the threads of the current TBB arena.
  [[nodiscard]] static outcome<object_store> fill(const object_source& source, const settings& options,
                                                  observer& watcher, progress& report);

  // False for what was left out: a large blob, or what is kept and may not become a base. read() may not be called for
  // it, nor the others for a large blob.
  [[nodiscard]] bool holds(std::size_t index) const { return kept_[index].held; }
  // About how many bytes the object's zlib stream has; exact if stored(). For an object that is kept, that of its
  // entry; for one that may_carry() a delta, assumed_whole() until measured() is called.
  [[nodiscard]] std::uint64_t stream_size(std::size_t index) const { return kept_[index].whole.stream_size; }
  // Whether deflate saves so little that compressor::compress() stores the object.
  [[nodiscard]] bool stored(std::size_t index) const { return kept_[index].whole.stored; }
  // Says what an object takes of which that was assumed. Safe from several threads, for different objects.
  void measured(std::size_t index, const whole_estimate& whole) { kept_[index].whole = whole; }
  // Replaces `out` with the object's content. Fails (blame::environment) when the temporary file cannot be read.
  [[nodiscard]] outcome<void> read(std::size_t index, store_scratch& scratch, std::vector<std::byte>& out) const;

 private:
  struct place {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // bytes in the spool; the content's size: it is not compressed there
    whole_estimate whole;
    bool held = false;
  };
  object_store(const object_source& source, std::unique_ptr<spool> file)
      : source_(&source), file_(std::move(file)), kept_(source.objects().size()) {}

  const object_source* source_;
  std::unique_ptr<spool> file_;
  std::vector<place> kept_;
};

// What an object is assumed to take before it is measured: estimating costs as much as reading it, and is of no use for
// one that stays a delta.
[[nodiscard]] constexpr whole_estimate assumed_whole(std::uint64_t size) noexcept { return {size / 4, false}; }

// True for a blob of `large_blob` bytes or more.
[[nodiscard]] inline bool is_large(const source_object& object, std::uint64_t large_blob) {
  return object.type == object_type::blob && object.size >= large_blob;
}

// The failure for an object whose content does not match its id; names its path, or its id if it has no path.
[[nodiscard]] failure changed_while_read(const object_source& source, std::size_t index);

}  // namespace docteur
