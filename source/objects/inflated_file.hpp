#pragma once
// Reads zlib streams in a file, forward and in bounded memory. Hosted.

#include <cstdint>
#include <memory>
#include <vector>

#include "pack/inflate.hpp"
#include "source/objects/pooled_file.hpp"

namespace docteur {

// A zlib stream that begins at `at` in `file`; nothing is read from `end` on.
struct stream_place {
  std::shared_ptr<const pooled_file> file;
  std::uint64_t at;
  std::uint64_t end;
};

// Inflates the first bytes of the stream into `out`; returns how many, fewer than `out` holds only if there are no
// more.
[[nodiscard]] object_result<std::size_t> inflate_front(const stream_place& from, mutable_bytes out);

// Replaces `out` with the `size` bytes that follow the first `skipped` ones; the stream must end with them. Memory is
// taken as bytes come: a false `size` takes none.
[[nodiscard]] object_result<void> inflate_whole(const stream_place& from, std::uint64_t skipped, std::uint64_t size,
                                                std::vector<std::byte>& out);

// The same as a stream; its failures name the file.
[[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_inflated(const stream_place& from, std::uint64_t skipped,
                                                                        std::uint64_t size);

}  // namespace docteur
