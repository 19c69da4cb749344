#pragma once
// Reads the content of an attached image. Guest-safe. A reader owns a cache and buffers: each thread needs its own, and
// any number of them may read one image.

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

// The place of a blob's zlib stream (RFC 1950), which HTTP calls `Content-Encoding: deflate`.
struct zlib_extent {
  std::uint64_t offset;  // bytes from the start of the image
  std::uint64_t size;    // bytes, exactly
};

inline constexpr std::uint64_t kDefaultCache = std::uint64_t{16} << 20;  // bytes

class image_reader {
 public:
  // `of` must outlive the reader and stay where it is. Memory comes from `from`, which may differ from the image's own.
  // One reader serves all snapshots of its image.
  // `cache_bytes`: for bases of deltas. `read_ahead`: as for read_window; unused if the image's device is mapped.
  [[nodiscard]] static result<image_reader> make(const docteur::image& of, const memory& from,
                                                 std::uint64_t cache_bytes = kDefaultCache,
                                                 std::uint64_t read_ahead = kDefaultReadAhead) noexcept;

  // Returns the bytes of content of a file, a link's target or a tree object; 0 for a submodule. Costs next to nothing
  // if read() follows. Does not find faults in the bases of a delta; read() does.
  [[nodiscard]] result<std::uint64_t> size(const node& n) noexcept;

  // Reads the whole content of a node that is not a submodule; `out.size()` must be size(n). Errors: wrong_kind;
  // bad_checksum if the content does not match the id (`out` must not be used then).
  [[nodiscard]] result<done> read(const node& n, mutable_bytes out, check id = check::yes) noexcept;

  // Reads the content at byte `at`; the range must be inside size(n). Ranges are not checked against the id.
  [[nodiscard]] result<done> read_range(const node& n, std::uint64_t at, mutable_bytes out) noexcept;

  // Opens a file for reading many ranges. The stream keeps its place, so that reading forward costs no more than
  // reading the file once. Other threads may continue to read the stream (reader/blob_stream.hpp).
  [[nodiscard]] result<blob_stream> open(const node& n) noexcept;

  // Returns the node at `path` of a snapshot of this image. Symbolic links are followed inside the snapshot only: a
  // target that is absolute or climbs above the root is not_found. Errors: not_found, wrong_kind (a file in the place
  // of a directory), symlink_loop. `where`, if not null, receives the path that `path` resolved to, without links.
  [[nodiscard]] result<node> resolve(const snapshot& paths, std::string_view path,
                                     owned_array<char>* where = nullptr) noexcept;

  // Errors: wrong_kind if the node is not a blob, its entry is a delta, or the end of its entry is unknown.
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
