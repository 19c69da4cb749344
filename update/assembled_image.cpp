#include "update/assembled_image.hpp"

#include <algorithm>
#include <new>

#include "layout/digest_section.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kGap = 16 << 10;  // bytes: smaller ones come with what is around them in any case
constexpr request_bounds kBounds{.gap = kGap, .requests = ~std::size_t{0}};

}  // namespace

device assembled_image::view() const noexcept {
  device d;
  d.self = const_cast<assembled_image*>(this);
  d.size = below_->view().size;
  d.read = read;
  return d;
}

void assembled_image::prefetch(std::uint64_t offset, std::uint64_t size) noexcept {
  const made_content* const content = from_.content();
  if (content == nullptr) return below_->prefetch(offset, size);
  try {
    for (const byte_range& r : merged(content->holes({offset, size}), kBounds)) below_->prefetch(r.offset, r.size);
  } catch (const std::bad_alloc&) {
    return;  // it was advice
  }
}

result<done> assembled_image::read(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
  auto& image = *static_cast<assembled_image*>(self);
  const made_content* const content = image.from_.content();
  if (content == nullptr || !content->covers({offset, out.size()}))
    return read_exactly(image.below_->view(), offset, out);
  try {
    return image.make(*content, offset, out);
  } catch (const std::bad_alloc&) {
    return fail(errc::out_of_memory, offset, "no memory for a block of the image");
  }
}

result<done> assembled_image::make(const made_content& content, std::uint64_t offset, mutable_bytes out) {
  const device below = below_->view();
  const byte_range all{offset, out.size()};
  const range_list fetched = merged(content.holes(all), kBounds);
  const auto part = [&](const byte_range& r) { return out.subspan(r.offset - offset, r.size); };
  for (const byte_range& r : fetched) below_->prefetch(r.offset, r.size);
  for (const byte_range& r : fetched) DOCTEUR_CHECK(read_exactly(below, r.offset, part(r)));
  const range_list made = without({all}, fetched);
  // What cannot be read of the old image is not right.
  for (const byte_range& r : made)
    if (!content.read(r.offset, part(r))) std::ranges::fill(part(r), std::byte{});
  for (std::uint64_t at = offset; at < offset + out.size(); at += kDigestBlock) {
    const byte_range block{at, std::min<std::uint64_t>(kDigestBlock, offset + out.size() - at)};
    const std::uint64_t taken = total_size(common(made, {block}));
    if (taken == 0) continue;
    if (content.is_right(at, part(block))) {
      from_.add_taken(taken);
    } else {
      DOCTEUR_CHECK(read_exactly(below, at, part(block)));
    }
  }
  return done{};
}

}  // namespace docteur
