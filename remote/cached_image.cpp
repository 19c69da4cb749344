#include "remote/cached_image.hpp"

#include <algorithm>

#include "object/result.hpp"

namespace docteur {

outcome<std::unique_ptr<cached_image>> cached_image::open(block_cache_options options, const std::string& name,
                                                          const std::string& identity,
                                                          std::unique_ptr<image_device> below) {
  std::unique_ptr<cached_image> self(new cached_image(identity, std::move(below)));
  DOCTEUR_TRY(cache, block_cache::open(std::move(options), name, identity, self->below_->view()));
  self->cache_ = std::move(cache);
  return self;
}

void cached_image::prefetch(std::uint64_t offset, std::uint64_t size) noexcept {
  const std::uint64_t whole = view().size;
  if (offset >= whole) return;
  const std::uint64_t end = offset + std::min(size, whole - offset);
  while (offset < end) {
    const auto [begin, length] = cache_->missing(offset, end - offset);
    if (length == 0) return;
    below_->prefetch(begin, length);
    offset = begin + length;
  }
}

}  // namespace docteur
