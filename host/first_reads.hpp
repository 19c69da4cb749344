#pragma once
// Tells a device what attaching an image will read, so that a slow one can get it all at once. Hosted.

#include "host/image_device.hpp"
#include "reader/image.hpp"

namespace docteur {

// Reads the header and the section table and calls prefetch() for the parts that image::attach() and snapshot::attach()
// read. It is advice: faults of the image and of the device are left to attach().
void prefetch_first_reads(image_device& of, paths_from source);

}  // namespace docteur
