#pragma once
// An image that docteur::builder makes of files in memory.

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "builder/build_image.hpp"
#include "support/memory_source.hpp"
#include "support/scratch.hpp"

namespace docteur {

struct made_image {
  std::vector<std::byte> content;
  image_statistics made;

  explicit made_image(const std::map<std::string, std::string>& files, std::uint32_t block_size = kDefaultBlockSize)
      : made_image(memory_source(files), block_size) {}
  explicit made_image(const object_source& source, std::uint32_t block_size = kDefaultBlockSize) {
    const scratch dir;
    progress silent;
    image_options options;
    options.block_size = block_size;
    const auto out = output_file::create(dir / "image");
    if (!out) throw std::runtime_error(out.error().message);
    const auto built = build_image(source, **out, options, silent);
    if (!built) throw std::runtime_error(built.error().message);
    made = *built;
    const std::string text = file_content(dir / "image");
    content.assign(as_bytes(text).begin(), as_bytes(text).end());
  }
};

}  // namespace docteur
