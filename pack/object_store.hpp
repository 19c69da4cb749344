#pragma once
// Every object of a source, read once, checked against its id, and kept in a spool, quickly compressed: sources are
// slow to read, and memory must not grow with content. Hosted; reading is safe from many threads.
//
// What is kept is read several times and never written as it is, so it is compressed by LZ4, which gives content back
// five times as fast as deflate does.

#include <cstdint>
#include <memory>
#include <vector>

#include "object/progress.hpp"
#include "pack/object_source.hpp"
#include "pack/spool.hpp"

namespace docteur {

// What a thread reads with.
struct store_scratch {
  std::vector<std::byte> packed;
};

class object_store {
 public:
  // Told of each object's content once, from any thread, in any order.
  class observer {
   public:
    virtual ~observer() = default;
    virtual void see(std::size_t index, bytes content) = 0;
  };

  struct settings {
    std::uint64_t large_blob;  // blobs of this many bytes or more are left out: see large_blob.hpp
    std::filesystem::path spool_directory;
  };
  // Fails when the source does, or when content is not what its id says. Uses the threads of the current TBB arena.
  // `source` must outlive the store.
  [[nodiscard]] static outcome<object_store> fill(const object_source& source, const settings& with, observer& eye,
                                                  progress& report);

  [[nodiscard]] bool holds(std::size_t index) const { return kept_[index].stream_size > 0; }
  // Bytes of the zlib stream that a quick deflate makes of the object, about; exactly of one that is stored.
  [[nodiscard]] std::uint64_t stream_size(std::size_t index) const { return kept_[index].stream_size; }
  // Whether deflate saves so little that the stream is of stored blocks (compressor::compress()).
  [[nodiscard]] bool stored(std::size_t index) const { return kept_[index].stored; }
  // The content.
  [[nodiscard]] outcome<void> read(std::size_t index, store_scratch& with, std::vector<std::byte>& out) const;

 private:
  struct place {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;         // in the spool; as large as the content: that is not compressed there
    std::uint64_t stream_size = 0;  // 0: left out
    bool stored = false;
  };
  object_store(const object_source& source, std::unique_ptr<spool> file)
      : source_(&source), file_(std::move(file)), kept_(source.objects().size()) {}

  const object_source* source_;
  std::unique_ptr<spool> file_;
  std::vector<place> kept_;
};

// True for a blob that is never held whole.
[[nodiscard]] inline bool is_large(const source_object& object, std::uint64_t large_blob) {
  return object.type == object_type::blob && object.size >= large_blob;
}

// The failure of an object whose content is not what its id says.
[[nodiscard]] failure changed_while_read(const object_source& source, std::size_t index);

}  // namespace docteur
