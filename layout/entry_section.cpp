#include "layout/entry_section.hpp"

#include "layout/number.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kMostNumber = kMostEntrySize >> 8;

bool is_listed(entry_type type) noexcept {
  switch (type) {
    case entry_type::commit:
    case entry_type::tree:
    case entry_type::blob:
    case entry_type::tag:
    case entry_type::ofs_delta: return true;
    default: return false;
  }
}

// Takes an integer of at most kMostNumber. `at`: for messages.
result<std::uint64_t> take_entry_number(cursor& from, std::uint64_t at) noexcept {
  std::uint64_t v = 0;
  switch (take_number(from, kMostNumber, v)) {
    case number_fault::none: return v;
    case number_fault::cut: return fail(errc::malformed, at, "a block of entries ends inside an integer");
    case number_fault::too_long:
      return fail(errc::malformed, at, "an integer in a block of entries is longer than needed");
    case number_fault::too_large: break;
  }
  return fail(errc::malformed, at, "an integer in a block of entries is too large");
}

}  // namespace

result<std::uint32_t> decode_entry_section_head(bytes head, std::uint64_t at) noexcept {
  const auto entries = load_le<std::uint32_t>(head.data());
  if (entries == 0) return fail(errc::malformed, at, "the entry section lists nothing");
  if (load_le<std::uint32_t>(head.data() + 4) != 0)
    return fail(errc::malformed, at + 4, "reserved bytes of the entry section are not zero");
  return entries;
}

result<entry_block> decode_entry_block(bytes head, std::uint32_t left, std::uint64_t at) noexcept {
  const entry_block b{load_le<std::uint32_t>(head.data()), load_le<std::uint32_t>(head.data() + 4),
                      load_le<std::uint32_t>(head.data() + 8)};
  if (b.entries == 0) return fail(errc::malformed, at, "empty block of entries");
  if (b.entries > left) return fail(errc::malformed, at, "more entries than the section has");
  if (b.packed > kEntryBlockLimit || b.raw > kEntryBlockLimit)
    return fail(errc::too_large, at, "block of entries is too large");
  if (b.entries > b.raw / 3) return fail(errc::malformed, at, "entries do not fit in their block");
  return b;
}

result<entry_block_reader> entry_block_reader::open(bytes raw, std::uint32_t entries, std::uint32_t before,
                                                    std::uint64_t at) noexcept {
  if (entries > raw.size() / 3) return fail(errc::malformed, at, "entries do not fit in their block");
  const bytes types = raw.first(entries);
  entry_block_reader r;
  r.type_ = types.data();
  r.low_ = types.data() + entries;
  r.number_ = before;
  r.at_ = at;
  std::uint32_t deltas = 0;
  for (const std::byte t : types) {
    const auto type = static_cast<entry_type>(t);
    if (!is_listed(type)) return fail(errc::malformed, at, "unknown type in a block of entries");
    if (type == entry_type::ofs_delta) ++deltas;
  }
  r.sizes_ = cursor(raw.subspan(std::size_t{entries} * 2));
  r.bases_ = r.sizes_;
  for (std::uint32_t i = 0; i < entries; ++i) DOCTEUR_CHECK(take_entry_number(r.bases_, at));
  cursor end = r.bases_;
  for (std::uint32_t i = 0; i < deltas; ++i) DOCTEUR_CHECK(take_entry_number(end, at));
  if (!end.empty()) return fail(errc::malformed, at, "bytes are left in a block of entries");
  return r;
}

result<entry_outline> entry_block_reader::next() noexcept {
  entry_outline e;
  e.type = static_cast<entry_type>(*type_++);
  DOCTEUR_TRY(rest, take_entry_number(sizes_, at_));
  e.size = rest << 8 | std::to_integer<std::uint64_t>(*low_++);
  if (e.type == entry_type::ofs_delta) {
    DOCTEUR_TRY(back, take_entry_number(bases_, at_));
    if (back == 0 || back > number_) return fail(errc::malformed, at_, "a base is not before its delta");
    e.entries_back = static_cast<std::uint32_t>(back);
  }
  ++number_;
  return e;
}

}  // namespace docteur
