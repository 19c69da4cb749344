#include "pack/entry.hpp"

#include <algorithm>

namespace docteur {
namespace {

constexpr std::uint64_t kMore = 0x80;
// Git refuses a size of more bytes, even if they are zero (packfile.c, unpack_object_header_buffer).
constexpr unsigned kMaxSizeShift = 57;

// An OFS distance: seven bits per byte, most significant first. One is added before each shift, so that no value has
// two forms: 7f is 127, 80 00 is 128.
result<std::uint64_t> take_distance(cursor& from) noexcept {
  DOCTEUR_TRY(first, from.take_be<std::uint8_t>());
  std::uint64_t v = first & 0x7f;
  for (std::uint8_t b = first; (b & kMore) != 0;) {
    if (v + 1 >= std::uint64_t{1} << 57) return fail(errc::malformed, from.at(), "delta base distance is over 64 bits");
    DOCTEUR_TRY(next, from.take_be<std::uint8_t>());
    b = next;
    v = (v + 1) << 7 | (b & 0x7f);
  }
  return v;
}

}  // namespace

result<entry_header> decode_entry_header(bytes head, std::uint64_t offset, std::uint64_t at, hash_kind kind) noexcept {
  cursor from(head, at);
  entry_header h{};
  DOCTEUR_TRY(first, from.take_be<std::uint8_t>());
  const unsigned type = first >> 4 & 7;
  if (type == 0 || type == 5) return fail(errc::malformed, at, "unknown type of PACK entry");
  h.type = static_cast<entry_type>(type);
  h.size = first & 0x0f;
  std::uint8_t b = first;
  for (unsigned shift = 4; (b & kMore) != 0; shift += 7) {
    DOCTEUR_TRY(next, from.take_be<std::uint8_t>());
    b = next;
    const std::uint64_t bits = b & 0x7fu;
    if (shift > kMaxSizeShift) return fail(errc::malformed, at, "size of a PACK entry is over 60 bits");
    h.size |= bits << shift;
  }
  if (h.type == entry_type::ofs_delta) {
    DOCTEUR_TRY(distance, take_distance(from));
    if (distance == 0 || distance > offset) return fail(errc::out_of_range, at, "delta base is not before its delta");
    h.base_offset = offset - distance;
  } else if (h.type == entry_type::ref_delta) {
    DOCTEUR_TRY(id, from.take(id_size(kind)));
    h.base_id = oid::from(id.data(), kind);
  }
  h.header_size = static_cast<std::uint8_t>(from.at() - at);
  return h;
}

encoded_entry_header encode_entry_header(const entry_header& h, std::uint64_t offset) noexcept {
  encoded_entry_header out;
  const auto put = [&out](std::uint64_t b) { out.raw[out.size++] = static_cast<std::byte>(b); };
  std::uint64_t rest = h.size >> 4;
  put((rest != 0 ? kMore : 0) | static_cast<std::uint64_t>(h.type) << 4 | (h.size & 0x0f));
  for (; rest != 0; rest >>= 7) put((rest >> 7 != 0 ? kMore : 0) | (rest & 0x7f));
  if (h.type == entry_type::ofs_delta) {
    std::array<std::byte, 10> reversed{};
    std::size_t n = 0;
    std::uint64_t distance = offset - h.base_offset;
    reversed[n++] = static_cast<std::byte>(distance & 0x7f);
    while ((distance >>= 7) != 0) reversed[n++] = static_cast<std::byte>(kMore | (--distance & 0x7f));
    std::reverse_copy(reversed.begin(), reversed.begin() + n, out.raw.begin() + out.size);
    out.size += n;
  } else if (h.type == entry_type::ref_delta) {
    std::ranges::copy(h.base_id.view(), out.raw.begin() + static_cast<std::ptrdiff_t>(out.size));
    out.size += h.base_id.view().size();
  }
  return out;
}

}  // namespace docteur
