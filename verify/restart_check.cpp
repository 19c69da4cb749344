#include "verify/restart_check.hpp"

#include <algorithm>
#include <array>

#include "verify/read_range.hpp"

namespace docteur {
namespace {

// Returns what is wrong with a record, or nullptr. `next_point`: the number of points of all records before it.
const char* fault_of(const restart_record& r, std::uint64_t next_point, const scanned_pack& pack) {
  const auto e = std::ranges::lower_bound(pack.entries, r.entry_offset, {}, &pack_entry::offset);
  if (e == pack.entries.end() || e->offset != r.entry_offset) return "restart record without an entry";
  if (e->type != entry_type::blob) return "restart record of an entry that is not a whole blob";
  if (e->size != r.size) return "restart record of a blob of another size";
  if (r.first_point != next_point) return "restart points do not follow those of the record before";
  if (r.stored && r.interval != kStoredBlock) return "wrong restart interval of a stored blob";
  return nullptr;
}

}  // namespace

outcome<restart_check> restart_check::load(const device& d, const section& where, const scanned_pack& pack,
                                           findings& found) {
  restart_check c;
  c.device_ = d;
  const auto bad = [&](std::uint64_t at, const char* what) {
    found.add(errc::malformed, at, what);
    return c;
  };
  if (where.length < kRestartHeaderSize) return bad(where.offset, "length of the restart section");
  std::array<std::byte, kRestartHeaderSize> head;
  DOCTEUR_CHECK(read_range(d, where.offset, head));
  const auto count = load_le<std::uint32_t>(head.data());
  if (load_le<std::uint32_t>(head.data() + 4) != 0)
    found.add(errc::malformed, where.offset + 4, "reserved bytes of the restart section");
  const std::uint64_t records = std::uint64_t{count} * kRestartRecordSize;
  const std::uint64_t body = where.length - kRestartHeaderSize;
  if (records > body || (body - records) % kRestartPointSize != 0 || count > pack.entries.size())
    return bad(where.offset, "length of the restart section");
  const std::uint64_t points = (body - records) / kRestartPointSize;
  c.points_at_ = where.offset + kRestartHeaderSize + records;

  std::uint64_t next_point = 0;
  std::uint64_t last_offset = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t at = where.offset + kRestartHeaderSize + i * kRestartRecordSize;
    std::array<std::byte, kRestartRecordSize> raw;
    DOCTEUR_CHECK(read_range(d, at, raw));
    const auto r = decode_restart_record(raw.data());
    if (!r) return bad(at, r.error().what);
    if (const char* what = fault_of(*r, next_point, pack)) return bad(at, what);
    if (r->entry_offset <= last_offset) return bad(at, "restart records are not in order");
    last_offset = r->entry_offset;
    const std::uint64_t n = restart_point_count(r->size, r->interval, r->stored);
    if (n > points - next_point) return bad(at, "restart record has points behind the end of the table");
    next_point += n;
    c.records_.push_back(*r);
  }
  if (next_point != points) return bad(where.offset, "length of the restart section");
  return c;
}

const restart_record* restart_check::find(const pack_entry& e) const noexcept {
  const auto r = std::ranges::lower_bound(records_, e.offset, {}, &restart_record::entry_offset);
  return r != records_.end() && r->entry_offset == e.offset ? &*r : nullptr;
}

outcome<std::uint64_t> restart_check::point(const restart_record& r, std::uint64_t i) const {
  std::array<std::byte, kRestartPointSize> raw;
  DOCTEUR_CHECK(read_range(device_, point_at(r, i), raw));
  return load_le<std::uint64_t>(raw.data());
}

}  // namespace docteur
