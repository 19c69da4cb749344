#pragma once
// zlib streams that are in a file, forward and in bounded memory. Hosted.

#include <cstdint>
#include <memory>
#include <vector>

#include "pack/inflate.hpp"
#include "source/objects/pooled_file.hpp"

namespace docteur {

// A zlib stream that begins at `at` in `file`. `end`: of what may be read.
struct stream_place {
  std::shared_ptr<const pooled_file> file;
  std::uint64_t at;
  std::uint64_t end;
};

// The first bytes that the stream inflates to, as many as `out` holds or there are.
[[nodiscard]] object_result<std::size_t> inflate_front(const stream_place& from, mutable_bytes out);

// Replaces `out` with the `size` bytes that follow the first `skipped` ones; the stream must end with them. Memory is
// filled as the stream gives bytes: a false `size` does not take it.
[[nodiscard]] object_result<void> inflate_whole(const stream_place& from, std::uint64_t skipped, std::uint64_t size,
                                                std::vector<std::byte>& out);

// The same as a stream, whose failures name the file.
[[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_inflated(const stream_place& from, std::uint64_t skipped,
                                                                        std::uint64_t size);

}  // namespace docteur
