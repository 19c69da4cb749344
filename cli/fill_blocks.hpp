#pragma once
// docteur-blocks fill: fetches an image, or what a list names of it, into the cache. Hosted.

#include <cstdint>
#include <string>

#include "object/failure.hpp"
#include "remote/open_image_device.hpp"

namespace docteur::cli {

struct fill_options {
  std::string image;       // as for open_image_device()
  std::string list;        // a file that --record wrote; empty: the whole image
  std::uint64_t rate = 0;  // bytes per second; 0: no bound
  bool json = false;
  std::string from;  // an older image; empty: none
  remote_options remote;
};

// Prints how much was fetched. Fails as open_image_device() and read_block_list() do; with blame::input for the list of
// another image; with blame::environment if nothing can be kept.
[[nodiscard]] outcome<void> fill_blocks(const char* program, const fill_options& options);

}  // namespace docteur::cli
