#include "update/packs/image_target.hpp"

#include <algorithm>

namespace docteur {

device image_target::view() {
  device d;
  d.self = &out_;
  d.size = size_;
  d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept {
    return static_cast<output_file*>(self)->read_back(at, out);
  };
  return d;
}

outcome<void> image_target::complete(const image_header& header, const std::optional<digest_head>& digests) {
  if (digests) {
    DOCTEUR_TRY(blocks, out_.digests(header));
    std::vector<std::byte> section(static_cast<std::size_t>(digest_section_size(digests->image_size)));
    std::ranges::copy(blocks, section.begin() + kDigestHeader);
    seal_digest_section(section, *digests);
    DOCTEUR_CHECK(out_.overwrite(digests->offset, section));
  }
  return out_.complete(header);
}

}  // namespace docteur
