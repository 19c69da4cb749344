#include "update/made_content.hpp"

#include "layout/digest_section.hpp"
#include "object/result.hpp"

namespace docteur {

made_content::made_content(image_digests digests, entry_table entries)
    : digests_(std::move(digests)), entries_(std::move(entries)) {}

outcome<result<std::unique_ptr<made_content>>> made_content::load(const device& image, const device& old) {
  using answer = result<std::unique_ptr<made_content>>;
  const auto frame = image_frame::read(image);
  if (!frame) return answer(tl::make_unexpected(frame.error()));
  auto digests = image_digests::load(image);
  if (!digests) return answer(tl::make_unexpected(digests.error()));
  DOCTEUR_TRY(entries, entry_table::load(image, *frame));
  if (!entries) return answer(tl::make_unexpected(entries.error()));
  DOCTEUR_TRY(streams, stream_index::load(old));
  if (!streams) return answer(tl::make_unexpected(streams.error()));
  std::unique_ptr<made_content> made(new made_content(std::move(*digests), std::move(*entries)));
  made->parts_.emplace(made->entries_, old, *streams);
  if (made->parts_->found_bytes() == 0) return answer(fail(errc::not_found, 0, "it has nothing of this image"));
  return answer(std::move(made));
}

range_list made_content::holes(byte_range range) const {
  const std::uint64_t begin = entries_.at(0), end = entries_.at(entries_.count());
  const range_list inside = common({range}, {{begin, end - begin}});
  return joined(without({range}, inside), common(inside, near(parts_->missing(), range)));
}

bool made_content::covers(byte_range range) const noexcept {
  const std::uint64_t end = range.offset + range.size, size = digests_.view().head().image_size;
  return range.offset % kDigestBlock == 0 && end <= size && (end % kDigestBlock == 0 || end == size);
}

bool made_content::is_right(std::uint64_t at, bytes block) const noexcept {
  return digests_.view().matches(at / kDigestBlock, block);
}

}  // namespace docteur
