#pragma once
// Tells a device what will be read, so that a slow one can get it all at once. Hosted.

#include "host/image_device.hpp"
#include "reader/image.hpp"
#include "reader/node.hpp"

namespace docteur {

// Reads the header and the section table and calls prefetch() for the parts that image::attach() and snapshot::attach()
// read. It is advice: faults of the image and of the device are left to attach().
void prefetch_first_reads(image_device& of, paths_from source);
// Calls prefetch() for what reading the content of `n` begins with: its entry, and the id that it is compared with.
void prefetch_content(image_device& of, const image& from, const node& n);

}  // namespace docteur
