#pragma once
// An image from the objects of one commit: doc/FORMAT.md. Hosted.

#include <cstdint>
#include <string_view>

#include "builder/output_file.hpp"
#include "object/progress.hpp"
#include "pack/object_source.hpp"
#include "pack/writer.hpp"

namespace docteur {

inline constexpr std::uint32_t kLeastBlockSize = 512;          // bytes, a disk sector
inline constexpr std::uint32_t kGreatestBlockSize = 1u << 20;  // bytes
// Disks of 512 and of 4,096-byte sectors can be read to the image's end.
inline constexpr std::uint32_t kDefaultBlockSize = 4096;

struct image_options {
  pack_options pack;
  std::uint32_t block_size = kDefaultBlockSize;  // bytes
};

struct image_statistics {
  oid commit;
  std::uint64_t size = 0;       // bytes of the image
  std::uint64_t pack_size = 0;  // bytes of its PACK
  std::uint64_t objects = 0;
  pack_statistics pack;
};

// The version as an image's builder has it behind the program's name: with libdeflate's where the system's writes
// (cmake/pinned_deflate.cmake), as the bytes depend on it.
[[nodiscard]] std::string_view builder_version() noexcept;

// blame::usage unless `size` (bytes) is a multiple of 512 between 512 and 1 MiB.
[[nodiscard]] outcome<void> check_block_size(std::uint64_t size);

// Writes and completes `out`, whose publish() is up to the caller. The same source and options give the same bytes.
[[nodiscard]] outcome<image_statistics> write_image(const object_source& source, output_file& out,
                                                    const image_options& options, progress& report);
// Publishes it, too. On failure `out` never got its name or header.
[[nodiscard]] outcome<image_statistics> build_image(const object_source& source, output_file& out,
                                                    const image_options& options, progress& report);

}  // namespace docteur
