#pragma once
// Builds an image (doc/FORMAT.md) from the objects of one commit. Hosted.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "builder/list_section_writer.hpp"
#include "builder/output_file.hpp"
#include "object/progress.hpp"
#include "pack/object_source.hpp"
#include "pack/writer.hpp"

namespace docteur {

inline constexpr std::uint32_t kLeastBlockSize = 512;          // bytes, a disk sector
inline constexpr std::uint32_t kGreatestBlockSize = 1u << 20;  // bytes
// With this block size, an image can be read to its end on disks of 512-byte and of 4,096-byte sectors.
inline constexpr std::uint32_t kDefaultBlockSize = 4096;

// The older image that an image is made from (layout/origin_section.hpp).
struct older_image {
  oid digest;
  std::uint32_t steps = 0;          // from an image that was made anew to this one
  std::uint64_t first_pack = 0;     // bytes of the PACK of the image that was made anew
  std::uint64_t first_content = 0;  // bytes of content of its objects
  std::string options;              // of the new image, as docteur-make takes them
};

struct image_options {
  pack_options pack;
  std::uint32_t block_size = kDefaultBlockSize;  // bytes
  std::optional<older_image> older{};            // what pack.kept is of
  list_signer sign{};                            // signs the list of files; null: the image has none
};

struct image_statistics {
  oid commit;
  std::uint64_t size = 0;       // bytes of the image
  std::uint64_t pack_size = 0;  // bytes of its PACK
  std::uint64_t objects = 0;
  oid digest;  // of the image: the SHA-256 of its digest section
  pack_statistics pack;
};

// Returns the version that images name as their builder's. Where the system's libdeflate writes images
// (cmake/pinned_deflate.cmake), it includes the version of that, because the bytes depend on it.
[[nodiscard]] std::string_view builder_version() noexcept;

// Fails (blame::usage) unless `size`, in bytes, is a multiple of 512 between 512 and 1 MiB.
[[nodiscard]] outcome<void> check_block_size(std::uint64_t size);

// Writes the image to `out` and completes it; the caller publishes it. The same content and options give the same
// bytes. Fails when the block size is not valid, when write_pack() (pack/writer.hpp) or `out` does, and when the source
// changes while it is read.
[[nodiscard]] outcome<image_statistics> write_image(const object_source& source, output_file& out,
                                                    const image_options& options, progress& report);
// The same, and publishes the image. If it fails before that, `out` has neither its name nor, on a device, its header.
[[nodiscard]] outcome<image_statistics> build_image(const object_source& source, output_file& out,
                                                    const image_options& options, progress& report);

}  // namespace docteur
