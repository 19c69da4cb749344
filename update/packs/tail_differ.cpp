#include "update/packs/tail_differ.hpp"

#include <libdeflate.h>

#include <algorithm>

#include "host/describe.hpp"
#include "host/image_digests.hpp"
#include "idx/writer.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kPiece = 1u << 20;
constexpr std::uint64_t kZerosWorth = 16;  // as many zeros are a part of their own
constexpr unsigned kIdKindBits = 2;

// Keeps what is written.
class memory_sink final : public byte_sink {
 public:
  outcome<void> write(bytes data) override {
    all.insert(all.end(), data.begin(), data.end());
    return {};
  }
  std::vector<std::byte> all;
};

void put_kind(tail_kind kind, std::vector<std::byte>& out) { out.push_back(static_cast<std::byte>(kind)); }

}  // namespace

outcome<void> tail_differ::run(progress& report) {
  report.phase("comparing sections", 0);
  put_number(out_.control, new_.commit);
  put_ids();
  put_number(out_.control, new_.pack.idx_offset);
  position_ = kPackOffset + new_.pack.pack_end;
  DOCTEUR_CHECK(put_trailer());
  for (const part& p : parts_of(new_)) {
    if (p.at < position_ || p.end > new_.disk.size || p.end < p.at) continue;
    DOCTEUR_CHECK(put_filling(p.at));
    DOCTEUR_CHECK(put_section(p, report));
  }
  if (new_.pack.idx_offset >= position_) {
    DOCTEUR_CHECK(put_filling(new_.pack.idx_offset));
    DOCTEUR_CHECK(put_idx());
  }
  DOCTEUR_CHECK(put_filling(new_.disk.size));
  put_kind(tail_kind::end, out_.control);
  return out_.flush(true);
}

id_kind tail_differ::kind_of(std::uint32_t i) const {
  const pack_place& p = new_.pack.places[i];
  for (std::uint32_t at = i; at != kNoPackEntry; at = new_.pack.places[at].base)
    if (new_.pack.places[at].type == entry_type::ref_delta) return id_kind::literal;
  if (p.object != object_type::blob) return id_kind::computed;
  return new_.paths[i] != 0 ? id_kind::listed : id_kind::literal;
}

void tail_differ::put_ids() {
  const std::size_t count = new_.pack.places.size();
  std::vector<std::uint64_t> listed_at(count);
  for (std::size_t at = 0; at < new_.listed.size(); ++at) listed_at[new_.listed[at]] = at;
  std::uint64_t expected = 0;
  for (std::uint32_t i = 0; i < count;) {
    const id_kind kind = kind_of(i);
    std::uint32_t end = i + 1;
    while (end < count && kind_of(end) == kind && (kind != id_kind::listed || listed_at[end] == listed_at[end - 1] + 1))
      ++end;
    put_number(out_.control, std::uint64_t{end - i} << kIdKindBits | static_cast<std::uint64_t>(kind));
    if (kind == id_kind::listed) {
      put_number(out_.control, folded(static_cast<std::int64_t>(listed_at[i]) - static_cast<std::int64_t>(expected)));
      expected = listed_at[end - 1] + 1;
    }
    for (; i < end; ++i)
      if (kind == id_kind::literal)
        out_.literals.insert(out_.literals.end(), new_.pack.ids[i].view().begin(), new_.pack.ids[i].view().end());
  }
}

// Hashes the PACK, and each entry of it for IDX.
outcome<void> tail_differ::put_trailer() {
  hasher hash(new_.pack.kind);
  std::vector<std::byte> piece;
  std::size_t next = 0;
  std::uint32_t crc = 0;
  entries_.reserve(new_.pack.places.size());
  for (std::uint64_t at = 0; at < new_.pack.pack_end; at += piece.size()) {
    const std::uint64_t end = next < new_.pack.places.size() && at >= new_.pack.places[next].offset
                                  ? new_.pack.places[next].end
                              : next < new_.pack.places.size() ? new_.pack.places[next].offset
                                                               : new_.pack.pack_end;
    DOCTEUR_TRY(got, read(new_, kPackOffset + at, std::min(kPiece, end - at)));
    piece = std::move(got);
    hash.update(piece);
    if (next == new_.pack.places.size() || at < new_.pack.places[next].offset) continue;
    crc = libdeflate_crc32(crc, piece.data(), piece.size());
    if (at + piece.size() != new_.pack.places[next].end) continue;
    entries_.push_back({new_.pack.ids[next], new_.pack.places[next].offset, crc});
    crc = 0;
    ++next;
  }
  checksum_ = hash.finish();
  DOCTEUR_TRY(is_equal, put_if_equal(tail_kind::trailer, checksum_.view()));
  (void)is_equal;  // else it travels as what follows does
  return {};
}

std::vector<tail_differ::part> tail_differ::parts_of(const image_side& side) {
  std::vector<part> all;
  if (!side.pack.sections) return all;
  for (const section& s : side.pack.sections->sections()) all.push_back({s.offset, s.offset + s.length, s.type});
  all.push_back({side.pack.idx_offset - kSectionTableSize, side.pack.idx_offset, std::nullopt});
  return all;
}

outcome<void> tail_differ::put_section(const part& p, const progress& report) {
  if (p.type == section_type::paths) {
    const tree_order order{[this](const oid& id) { return new_.pack.find(id); }, *new_.contents, new_.pack.kind};
    DOCTEUR_TRY(made, rebuild_path_section(entries_, new_.pack.commit, new_.trees, order, report));
    DOCTEUR_TRY(is_equal, put_if_equal(tail_kind::paths, made));
    if (is_equal) return {};
  }
  if (p.type == section_type::digests && p.end - p.at == digest_section_size(new_.disk.size)) {
    DOCTEUR_TRY(are_right, digests_are_right());
    if (are_right) {
      put_kind(tail_kind::digests, out_.control);
      position_ = p.end;
      return {};
    }
  }
  const std::vector<part> old_parts = parts_of(old_);
  const auto old_part = std::ranges::find(old_parts, p.type, &part::type);
  return put_difference(p, old_part == old_parts.end() ? nullptr : &*old_part);
}

outcome<void> tail_differ::put_difference(const part& p, const part* old_part) {
  if (p.end - p.at > kMostTail || old_part == nullptr || old_part->end - old_part->at > kMostTail ||
      old_part->end > old_.disk.size)
    return put_filling(p.end);
  DOCTEUR_TRY(base, read(old_, old_part->at, old_part->end - old_part->at));
  DOCTEUR_TRY(made, read(new_, p.at, p.end - p.at));
  copy_encoder encoder;
  std::vector<std::byte> copies, literals;
  encoder.set_base(base);
  encoder.encode(made, copies, literals);
  put_kind(tail_kind::difference, out_.control);
  put_number(out_.control, old_part->at);
  put_number(out_.control, base.size());
  put_number(out_.control, made.size());
  out_.copies.insert(out_.copies.end(), copies.begin(), copies.end());
  out_.literals.insert(out_.literals.end(), literals.begin(), literals.end());
  position_ = p.end;
  return {};
}

outcome<void> tail_differ::put_idx() {
  if (entries_.size() != new_.pack.places.size()) return {};
  memory_sink idx;
  DOCTEUR_CHECK(write_idx(entries_, checksum_, idx));
  DOCTEUR_TRY(is_equal, put_if_equal(tail_kind::idx, idx.all));
  (void)is_equal;  // else it travels as what follows does
  return {};
}

outcome<void> tail_differ::put_filling(std::uint64_t end) {
  while (position_ < end) {
    DOCTEUR_TRY(piece, read(new_, position_, std::min(kPiece, end - position_)));
    const auto is_zero = [](std::byte b) { return b == std::byte{}; };
    for (bytes rest = piece; !rest.empty();) {
      const auto first = std::ranges::find_if_not(rest, is_zero);
      const auto zeros = static_cast<std::size_t>(first - rest.begin());
      if (zeros == rest.size() || zeros >= kZerosWorth) {
        put_kind(tail_kind::zeros, out_.control);
        put_number(out_.control, zeros);
        rest = rest.subspan(zeros);
        continue;
      }
      const std::vector<std::byte> run(kZerosWorth);
      const auto stop =
          std::search(rest.begin() + static_cast<std::ptrdiff_t>(zeros), rest.end(), run.begin(), run.end());
      const bytes literal = rest.first(static_cast<std::size_t>(stop - rest.begin()));
      put_kind(tail_kind::literal, out_.control);
      put_number(out_.control, literal.size());
      out_.literals.insert(out_.literals.end(), literal.begin(), literal.end());
      rest = rest.subspan(literal.size());
    }
    position_ += piece.size();
  }
  return {};
}

outcome<bool> tail_differ::put_if_equal(tail_kind kind, bytes computed) {
  if (computed.size() > new_.disk.size - position_) return false;
  DOCTEUR_TRY(there, read(new_, position_, computed.size()));
  if (!std::ranges::equal(there, computed)) return false;
  put_kind(kind, out_.control);
  position_ += computed.size();
  return true;
}

outcome<bool> tail_differ::digests_are_right() {
  const auto digests = image_digests::load(new_.disk);
  if (!digests || digests->view().head().image_size != new_.disk.size) return false;
  const digest_view view = digests->view();
  for (std::uint64_t i = 0; i < view.count(); ++i) {
    DOCTEUR_TRY(block, read(new_, i * kDigestBlock, view.size(i)));
    if (!view.matches(i, block)) return false;
  }
  return true;
}

outcome<std::vector<std::byte>> tail_differ::read(const image_side& from, std::uint64_t at, std::uint64_t size) const {
  std::vector<std::byte> out(static_cast<std::size_t>(size));
  if (const auto r = read_exactly(from.disk, at, out); !r) return tl::make_unexpected(describe(r.error(), from.shown));
  return out;
}

}  // namespace docteur
