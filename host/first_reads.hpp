#pragma once
// Tells a device what will be read, so that a slow one can get it all at once. Hosted.

#include <cstdint>
#include <optional>

#include "host/image_device.hpp"
#include "layout/image_header.hpp"
#include "reader/image.hpp"
#include "reader/node.hpp"

namespace docteur {

// What the first bytes say of an image.
struct first_bytes {
  image_header header;
  std::uint64_t objects;
};
// nullopt: they cannot be read, or are not those of an image. Why is left to image::attach().
[[nodiscard]] std::optional<first_bytes> read_first_bytes(const device& d);

// Reads the section table and calls prefetch() for the parts that image::attach() and snapshot::attach() read. It is
// advice: faults of the image and of the device are left to attach().
void prefetch_first_reads(image_device& of, const first_bytes& first, paths_from source);
// Calls prefetch() for what reading the content of `n` begins with: its entry, and the id that it is compared with.
void prefetch_content(image_device& of, const image& from, const node& n);

}  // namespace docteur
