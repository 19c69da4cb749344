#include "remote/cached_image.hpp"

#include <algorithm>
#include <new>

#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kFetched = std::uint64_t{4} << 20;  // bytes read at once by fetch()

}  // namespace

outcome<std::unique_ptr<cached_image>> cached_image::open(block_cache_options options, const std::string& name,
                                                          const std::string& identity,
                                                          std::unique_ptr<image_device> below) {
  std::unique_ptr<cached_image> self(new cached_image(identity, std::move(below)));
  DOCTEUR_TRY(cache, block_cache::open(std::move(options), name, identity, self->below_->view()));
  self->cache_ = std::move(cache);
  self->below_->stop_reading_ahead();
  return self;
}

device cached_image::view() const noexcept {
  device d = cache_->view();
  if (!below_->takes_advice()) return d;
  d.self = const_cast<cached_image*>(this);
  d.read = read;
  return d;
}

result<done> cached_image::read(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
  auto& image = *static_cast<cached_image*>(self);
  if (const device_range ahead = image.ahead_.note(offset, out.size()); ahead.size > 0)
    image.prefetch(ahead.offset, ahead.size);
  const device kept = image.cache_->view();
  return kept.read(kept.self, offset, out);
}

void cached_image::prefetch(std::uint64_t offset, std::uint64_t size) noexcept {
  try {
    const std::uint64_t whole = view().size;
    if (offset >= whole) return;
    const std::uint64_t end = offset + std::min(size, whole - offset);
    while (offset < end) {
      const auto [begin, length] = cache_->missing(offset, end - offset);
      if (length == 0) return;
      below_->prefetch(begin, length);
      offset = begin + length;
    }
  } catch (const std::bad_alloc&) {
    return;  // it was advice
  }
}

result<std::uint64_t> cached_image::fetch(std::uint64_t offset, std::uint64_t size) noexcept {
  try {
    const device kept = cache_->view();
    if (offset > kept.size || size > kept.size - offset) return fail(errc::truncated, offset, "range leaves the image");
    const std::uint64_t end = offset + size;
    const std::uint64_t dropped = cache_->counts().dropped;
    std::uint64_t fetched = 0;
    while (offset < end) {
      const auto [begin, length] = cache_->missing(offset, end - offset);
      if (length == 0) break;
      const std::uint64_t n = std::min(length, kFetched);
      const auto buffer = std::make_unique_for_overwrite<std::byte[]>(n);
      DOCTEUR_CHECK(read_exactly(kept, begin, {buffer.get(), static_cast<std::size_t>(n)}));
      fetched += n;
      offset = begin + n;
    }
    if (cache_->counts().dropped > dropped) return fail(errc::io, offset, "the cache does not keep what is read");
    return fetched;
  } catch (const std::bad_alloc&) {
    return fail(errc::out_of_memory, offset, "no memory for blocks of the image");
  }
}

}  // namespace docteur
