#pragma once
// zlib streams that lie in a file, forward and in bounded memory. Hosted.

#include <cstdint>
#include <memory>

#include "pack/inflate.hpp"
#include "source/object_fault.hpp"
#include "source/unique_fd.hpp"

namespace docteur {

// Deflate makes at most 1032 bytes of one (zlib's Technical Details, "Maximum Compression Factor"): a size that is not
// plausible is not worth the allocation.
[[nodiscard]] constexpr bool is_plausible_size(std::uint64_t inflated, std::uint64_t deflated) noexcept {
  return inflated / 1032 <= deflated;
}

// The first bytes that the stream at `at` inflates to, as many as `out` holds or there are. `end`: of what may be read.
[[nodiscard]] object_result<std::size_t> inflate_front(int fd, std::uint64_t at, std::uint64_t end, mutable_bytes out);

// The `size` bytes that follow the first `skipped` ones of the same; the stream must end with them. The
// descriptor is duplicated.
[[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_inflated(int fd, std::uint64_t at, std::uint64_t end,
                                                                        std::uint64_t skipped, std::uint64_t size);

}  // namespace docteur
