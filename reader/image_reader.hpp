#pragma once
// Reads what an attached image holds. Guest-safe. Owns a cache and buffers: one for each thread that reads, any number
// of them on one image.

#include <cstdint>
#include <string_view>

#include "object/memory.hpp"
#include "reader/blob_stream.hpp"
#include "reader/image.hpp"
#include "reader/object_reader.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

// Whether content that is read whole is compared with its object id.
enum class check : bool { no, yes };

// Where a blob's zlib stream (RFC 1950) is: what HTTP calls `Content-Encoding: deflate`.
struct zlib_extent {
  std::uint64_t offset;  // bytes from the start of the image
  std::uint64_t size;    // bytes, exactly
};

inline constexpr std::uint64_t kDefaultCache = std::uint64_t{16} << 20;  // bytes

class image_reader {
 public:
  // `of` must outlive the reader and stay where it is. Memory comes from `from`, which may differ from the image's own.
  // One reader serves all snapshots of its image.
  // `cache_bytes`: of bases of deltas. `read_ahead`: read_window's, unused when the image's device is mapped.
  [[nodiscard]] static result<image_reader> make(const docteur::image& of, const memory& from,
                                                 std::uint64_t cache_bytes = kDefaultCache,
                                                 std::uint64_t read_ahead = kDefaultReadAhead) noexcept;

  // Bytes of content of a file, of a link's target, of a tree object; 0 for a submodule. Followed by read() it costs
  // next to nothing. Faults in the bases of a delta are read()'s to find.
  [[nodiscard]] result<std::uint64_t> size(const node& n) noexcept;

  // The whole content of a node that is no submodule; `out.size()` must be size(n). Errors: wrong_kind; bad_checksum
  // when the content is not what the id says (then `out` holds nothing to rely on).
  [[nodiscard]] result<done> read(const node& n, mutable_bytes out, check id = check::yes) noexcept;

  // The content from byte `at` on, which must be inside size(n). A range is not checked against the id.
  [[nodiscard]] result<done> read_range(const node& n, std::uint64_t at, mutable_bytes out) noexcept;

  // For many ranges of one file: keeps its place, so that going forward costs no more than reading it once. Other
  // threads and readers may go on reading the stream (reader/blob_stream.hpp).
  [[nodiscard]] result<blob_stream> open(const node& n) noexcept;

  // The node behind `path` of a snapshot of this image, symbolic links followed inside the snapshot only: a target that
  // is absolute or climbs above the root is not_found. Errors: not_found, wrong_kind (a file where a directory must
  // be), symlink_loop. `where`, if it is not null, receives the path without links that `path` led to.
  [[nodiscard]] result<node> resolve(const snapshot& paths, std::string_view path,
                                     owned_array<char>* where = nullptr) noexcept;

  // Errors: wrong_kind when the blob is a delta or no blob.
  [[nodiscard]] result<zlib_extent> zlib_stream(const node& n) noexcept;

  [[nodiscard]] const docteur::image& image() const noexcept { return *image_; }
  [[nodiscard]] object_reader& objects() noexcept { return objects_; }

 private:
  image_reader(const docteur::image& of, object_reader&& objects) noexcept
      : image_(&of), objects_(std::move(objects)) {}

  const docteur::image* image_;
  object_reader objects_;
};

}  // namespace docteur
