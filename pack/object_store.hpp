#pragma once
// Every object of a source, read once, checked against its id, quickly deflated, and kept in a
// spool: sources are slow to read, and memory must not grow with content. Hosted; reading is safe from many threads.

#include <cstdint>
#include <memory>
#include <vector>

#include "object/progress.hpp"
#include "pack/inflate.hpp"
#include "pack/object_source.hpp"
#include "pack/spool.hpp"

namespace docteur {

// What a thread reads with.
struct store_scratch {
  store_scratch();  // throws std::bad_alloc
  inflater inflate;
  std::vector<std::byte> stream;
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

  [[nodiscard]] bool holds(std::size_t index) const { return kept_[index].size > 0; }
  // libdeflate's level of what is kept: what is written is deflated again.
  static constexpr int kLevel = 1;
  // Bytes of the object's zlib stream as it is kept.
  [[nodiscard]] std::uint64_t stream_size(std::size_t index) const { return kept_[index].size; }
  [[nodiscard]] bool stored(std::size_t index) const { return kept_[index].stored; }
  // The zlib stream, deflated or stored (compressor::compress()).
  [[nodiscard]] outcome<void> read_stream(std::size_t index, std::vector<std::byte>& out) const;
  // The content.
  [[nodiscard]] outcome<void> read(std::size_t index, store_scratch& with, std::vector<std::byte>& out) const;

 private:
  struct place {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // 0: left out
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
