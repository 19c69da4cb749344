#include "verify/idx_check.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

#include "idx/writer.hpp"
#include "object/hasher.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

std::string hex_text(std::uint64_t v) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "0x%" PRIx64, v);
  return text.data();
}

// Compares what is written to it with what is on the device.
class comparing_sink final : public byte_sink {
 public:
  comparing_sink(const device& d, std::uint64_t at) : device_(d), at_(at) {}

  outcome<void> write(bytes data) override {
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), device_.size - at_));
    DOCTEUR_TRY(there, read_range(device_, at_, room, buffer_));
    if (!differs_) {
      const auto pair = std::ranges::mismatch(data, there);
      if (pair.in1 != data.end()) {
        differs_ = true;
        first_difference_ = at_ + static_cast<std::uint64_t>(pair.in1 - data.begin());
      }
    }
    at_ += room;
    return {};
  }
  [[nodiscard]] bool differs() const noexcept { return differs_; }
  [[nodiscard]] std::uint64_t first_difference() const noexcept { return first_difference_; }

 private:
  device device_;
  std::uint64_t at_;
  bool differs_ = false;
  std::uint64_t first_difference_ = 0;
  reused_bytes buffer_;
};

std::vector<idx_entry> idx_entries(const scanned_pack& pack) {
  std::vector<idx_entry> entries;
  entries.reserve(pack.entries.size());
  for (const pack_entry& e : pack.entries) entries.push_back({e.id, e.offset, e.crc});
  return entries;
}

outcome<comparing_sink> compare(const device& d, std::uint64_t idx_at, const oid& trailer,
                                std::span<const idx_entry> entries) {
  comparing_sink sink(d, idx_at);
  DOCTEUR_CHECK(write_idx({entries.begin(), entries.end()}, trailer, sink));
  return sink;
}

// Checks that ids are in order and that the fan-out matches them.
outcome<void> check_order(const device& d, std::uint64_t idx_at, const idx_view& idx, findings& found) {
  const idx_layout& layout = idx.layout();
  std::array<std::byte, 256 * 4> fanout;
  DOCTEUR_CHECK(read_range(d, idx_at + layout.fanout(), fanout));
  std::array<std::uint32_t, 256> ids{};
  for (std::uint32_t i = 0; i < idx.count(); ++i) {
    ++ids[std::to_integer<unsigned>(idx.id(i).view()[0])];
    if (i > 0 && idx.id(i) < idx.id(i - 1))
      found.add(errc::malformed, idx_at + layout.ids() + std::uint64_t{i} * id_size(layout.kind),
                "ids of IDX are not in order");
  }
  std::uint32_t up_to = 0;
  for (unsigned first = 0; first < ids.size(); ++first) {
    up_to += ids[first];
    if (load_be<std::uint32_t>(fanout.data() + first * 4) != up_to)
      found.add(errc::malformed, idx_at + layout.fanout() + first * 4, "the fan-out of IDX does not match its ids");
  }
  return {};
}

// Returns whether exactly those offsets take 64 bits that need them. More is no fault: with
// `git index-pack --index-version=2,OFFSET`, smaller offsets take 64 bits, too.
outcome<bool> check_wide_offsets(const device& d, std::uint64_t idx_at, const idx_view& idx, findings& found) {
  const idx_layout& layout = idx.layout();
  std::uint32_t next = 0;
  bool as_usual = true;
  const auto check_piece = [&](bytes piece, std::uint64_t at) -> outcome<void> {
    static_assert(kPiece % 4 == 0);
    for (std::size_t i = 0; i < piece.size(); i += 4) {
      const auto narrow = load_be<std::uint32_t>(piece.data() + i);
      if ((narrow & kIdxWideOffset) == 0) continue;
      if ((narrow & ~kIdxWideOffset) != next++)
        found.add(errc::malformed, at + i, "64-bit offsets of IDX are not in order");
      const auto position = static_cast<std::uint32_t>((at + i - idx_at - layout.offsets()) / 4);
      if (idx.offset(position) < kIdxWideOffset) as_usual = false;
    }
    return {};
  };
  DOCTEUR_CHECK(for_each_piece(d, idx_at + layout.offsets(), idx_at + layout.wide_offsets(), check_piece));
  return as_usual;
}

outcome<oid> digest(const device& d, std::uint64_t from, std::uint64_t to, hash_kind kind) {
  hasher hash(kind);
  DOCTEUR_CHECK(for_each_piece(d, from, to, [&](bytes piece, std::uint64_t) {
    hash.update(piece);
    return outcome<void>();
  }));
  return hash.finish();
}

}  // namespace

void compare_with_idx(const idx_view& idx, std::span<const std::uint32_t> order, std::uint64_t idx_at,
                      scanned_pack& pack, findings& found) {
  const auto report_missing = [&](const pack_entry& e) {
    found.add(errc::malformed, e.at(), "IDX has no object for this entry");
  };
  auto e = pack.entries.begin();
  for (const std::uint32_t position : order) {
    const std::uint64_t offset = idx.offset(position);
    for (; e != pack.entries.end() && e->offset < offset; ++e) report_missing(*e);
    if (e == pack.entries.end() || e->offset != offset) {
      found.add(errc::out_of_range, idx_at + idx.layout().offsets() + std::uint64_t{position} * 4,
                object_text("object", idx.id(position)) + ": IDX has it at " + hex_text(kPackOffset + offset) +
                    ", where no entry begins");
      continue;
    }
    e->position = position;
    if (idx.crc(position) != e->crc)
      found.add(errc::bad_checksum, e->at(),
                object_text("object", idx.id(position)) + ": CRC-32 differs from that in IDX");
    ++e;
  }
  for (; e != pack.entries.end(); ++e) report_missing(*e);

  for (const ref_delta& r : pack.refs) {
    const auto position = idx.find(r.base);
    if (!position) continue;
    const auto base = std::ranges::lower_bound(pack.entries, idx.offset(*position), {}, &pack_entry::offset);
    if (base != pack.entries.end() && base->position == *position)
      pack.entries[r.entry].base = static_cast<std::uint32_t>(base - pack.entries.begin());
  }
}

outcome<std::uint64_t> check_idx(const device& d, std::uint64_t idx_at, const idx_view& idx, const oid& trailer,
                                 const scanned_pack& pack, findings& found) {
  const idx_layout& layout = idx.layout();
  const std::uint64_t before = found.count();
  DOCTEUR_CHECK(check_order(d, idx_at, idx, found));
  DOCTEUR_TRY(as_usual, check_wide_offsets(d, idx_at, idx, found));
  if (idx.pack_checksum() != trailer)
    found.add(errc::bad_checksum, idx_at + layout.pack_checksum(), "PACK checksum in IDX");
  DOCTEUR_TRY(sum, digest(d, idx_at, idx_at + layout.checksum(), layout.kind));
  if (sum != idx.checksum()) found.add(errc::bad_checksum, idx_at + layout.checksum(), "IDX trailer");
  // packfile.c, check_packed_git_idx(): the first entry of a PACK never needs 64 bits.
  if (layout.wide == layout.objects && layout.wide > 0)
    found.add(errc::malformed, idx_at + layout.offsets(), "all offsets of IDX take 64 bits, which git refuses");
  if (!as_usual) found.remark("IDX has 64-bit offsets where 32 bits would do");

  // If there is no fault so far, IDX must be the one that we write. This finds whatever the checks above miss.
  const bool all_known = std::ranges::all_of(pack.entries, &pack_entry::has_id);
  if (before == 0 && found.count() == 0 && as_usual && all_known) {
    DOCTEUR_TRY(sink, compare(d, idx_at, trailer, idx_entries(pack)));
    if (sink.differs()) found.add(errc::malformed, sink.first_difference(), "IDX is not what git makes for this PACK");
  }
  return idx_at + layout.size();
}

outcome<std::uint64_t> check_unreadable_idx(const device& d, std::uint64_t idx_at, const oid& trailer,
                                            const scanned_pack& pack, findings& found) {
  const std::vector<idx_entry> entries = idx_entries(pack);
  if (std::ranges::all_of(pack.entries, &pack_entry::has_id)) {
    DOCTEUR_TRY(sink, compare(d, idx_at, trailer, entries));
    if (sink.differs()) found.add(errc::malformed, sink.first_difference(), "IDX is not what git makes for this PACK");
  }
  return idx_at + idx_size(entries, trailer.kind());
}

}  // namespace docteur
