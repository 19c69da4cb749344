#include "reader/restart_index.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>

namespace docteur {
namespace {

result<std::uint32_t> section_crc(const device& from, const section& s) noexcept {
  if (from.view != nullptr) return libdeflate_crc32(0, from.view + s.offset, s.length);
  std::array<std::byte, 4096> piece;
  std::uint32_t crc = 0;
  for (std::uint64_t done = 0; done < s.length;) {
    const std::uint64_t n = std::min<std::uint64_t>(piece.size(), s.length - done);
    DOCTEUR_CHECK(read_exactly(from, s.offset + done, mutable_bytes{piece}.first(n)));
    crc = libdeflate_crc32(crc, piece.data(), n);
    done += n;
  }
  return crc;
}

}  // namespace

result<restart_index> restart_index::open(const device& d, const section& where) noexcept {
  if (where.length < kRestartHeaderSize) return fail(errc::truncated, where.offset, "restart section is cut short");
  DOCTEUR_TRY(crc, section_crc(d, where));
  if (crc != where.crc) return fail(errc::bad_checksum, where.offset, "checksum of the restart section");
  std::array<std::byte, kRestartHeaderSize> head;
  DOCTEUR_CHECK(read_exactly(d, where.offset, head));
  restart_index index;
  index.device_ = d;
  index.count_ = load_le<std::uint32_t>(head.data());
  if (load_le<std::uint32_t>(head.data() + 4) != 0)
    return fail(errc::malformed, where.offset + 4, "reserved bytes of the restart section are not zero");
  const std::uint64_t records = std::uint64_t{index.count_} * kRestartRecordSize;
  const std::uint64_t body = where.length - kRestartHeaderSize;
  if (records > body || (body - records) % kRestartPointSize != 0)
    return fail(errc::malformed, where.offset, "wrong length of the restart section");
  index.records_at_ = where.offset + kRestartHeaderSize;
  index.points_at_ = index.records_at_ + records;
  index.points_ = (body - records) / kRestartPointSize;
  return index;
}

result<restart_record> restart_index::record(std::uint32_t i) const noexcept {
  std::array<std::byte, kRestartRecordSize> raw;
  const std::uint64_t at = records_at_ + i * kRestartRecordSize;
  DOCTEUR_CHECK(read_exactly(device_, at, raw));
  DOCTEUR_TRY(r, decode_restart_record(raw.data()));
  const std::uint64_t n = restart_point_count(r.size, r.interval, r.stored);
  if (r.first_point > points_ || n > points_ - r.first_point)
    return fail(errc::out_of_range, at, "restart record refers past the end of the table");
  return r;
}

result<std::optional<restart_record>> restart_index::find(std::uint64_t entry_offset,
                                                          std::uint64_t size) const noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = count_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    DOCTEUR_TRY(r, record(middle));
    if (r.entry_offset == entry_offset) {
      if (r.size != size) return fail(errc::malformed, records_at_, "restart record of a blob of another size");
      return r;
    }
    if (r.entry_offset < entry_offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

result<std::uint64_t> restart_index::point(const restart_record& of, std::uint64_t i) const noexcept {
  std::array<std::byte, kRestartPointSize> raw;
  DOCTEUR_CHECK(read_exactly(device_, points_at_ + (of.first_point + i) * kRestartPointSize, raw));
  return load_le<std::uint64_t>(raw.data());
}

}  // namespace docteur
