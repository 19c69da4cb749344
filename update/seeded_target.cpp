#include "update/seeded_target.hpp"

#include <algorithm>

#include "object/result.hpp"
#include "update/packs/update_pack.hpp"

namespace docteur {

outcome<void> seeded_target::begin(bytes head) { return write(head.first(kPackOffset)); }

outcome<void> seeded_target::write(bytes data) {
  if (data.size() > file_.size() - at_) return damaged_update("the image is too long");
  const range_list section{{digests_.offset, section_.size()}};
  const range_list here{{at_, data.size()}};
  for (const byte_range& r : without(here, section))
    DOCTEUR_CHECK(blocks_.write(r.offset, data.subspan(r.offset - at_, r.size)));
  for (const byte_range& r : common(here, section))
    DOCTEUR_CHECK(blocks_.write(r.offset, section_.subspan(r.offset - digests_.offset, r.size)));
  at_ += data.size();
  if (blocks_.wrong_blocks() > 0) return damaged_update("it makes another image than the server's");
  return {};
}

device seeded_target::view() {
  device d;
  d.self = &file_;
  d.size = file_.size();
  d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept -> result<done> {
    if (static_cast<const partial_file*>(self)->read(at, out)) return done{};
    return fail(errc::io, at, "the partial file cannot be read back");
  };
  return d;
}

// Header and digests are the server's already, and compared.
outcome<void> seeded_target::complete(const image_header&, const std::optional<digest_head>&) {
  if (at_ != file_.size()) return damaged_update("the image is too short");
  return {};
}

}  // namespace docteur
