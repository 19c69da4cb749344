#include "update/packs/entry_rebuilder.hpp"

#include <libdeflate.h>

#include <algorithm>

#include "host/describe.hpp"
#include "pack/format.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kPiece = 256 << 10;  // bytes that are moved at once
const char* const kOldImage = "the old image";
const char* const kNewImage = "the new image";

}  // namespace

entry_rebuilder::entry_rebuilder(const update_header& header, const device& old_image, const pack_entries& old_entries,
                                 frame_reader& in, update_target& out)
    : header_(header),
      old_(old_entries),
      old_image_(old_image),
      in_(in),
      out_(out),
      old_contents_(old_image, old_entries.places, kMostHeld, kMostRebuilt, kOldImage),
      new_contents_(out.view(), places_, kMostHeld, kMostRebuilt, kNewImage),
      guess_(old_entries.places),
      streams_(header.codecs),
      hash_(header.kind) {}

outcome<void> entry_rebuilder::run(progress& report) {
  report.phase("rebuilding", header_.new_entries);
  std::array<std::byte, kPackHeaderSize> start;
  store_be(start.data(), kPackMagic);
  store_be(start.data() + 4, kPackVersion);
  store_be(start.data() + 8, header_.new_entries);
  DOCTEUR_CHECK(write(start));
  while (next() < header_.new_entries) {
    std::array<std::byte, 4> count;
    DOCTEUR_CHECK(in_.take(count));
    const auto entries = load_le<std::uint32_t>(count.data());
    if (entries == 0 || entries > kMostBatchEntries || entries > header_.new_entries - next())
      return damaged_update("size of a batch");
    DOCTEUR_CHECK(batch(entries, report));
  }
  if (position_ != header_.new_pack) return damaged_update("size of the PACK");
  return {};
}

outcome<void> entry_rebuilder::batch(std::uint64_t entries, progress& report) {
  std::array<std::byte, 8> sizes;
  DOCTEUR_CHECK(in_.take(sizes));
  const auto control_size = load_le<std::uint32_t>(sizes.data());
  const auto copies_size = load_le<std::uint32_t>(sizes.data() + 4);
  if (control_size > kMostBatch || copies_size > kMostBatch) return damaged_update("size of a batch");
  std::vector<std::byte> control_bytes(control_size), copies_bytes(copies_size);
  DOCTEUR_CHECK(in_.take(control_bytes));
  DOCTEUR_CHECK(in_.take(copies_bytes));
  number_reader control(control_bytes), copies(copies_bytes);
  const std::uint64_t end = next() + entries;
  while (next() < end) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    const std::uint32_t before = next();
    DOCTEUR_CHECK(record(control, copies));
    if (next() > end) return damaged_update("a run leaves its batch");
    report.advance(next() - before);
  }
  return control.empty() && copies.empty() ? outcome<void>() : damaged_update("a batch is too long");
}

outcome<void> entry_rebuilder::record(number_reader& control, number_reader& copies) {
  DOCTEUR_TRY(tag, control.byte());
  if ((tag & ~(kKindMask | kOtherBase | kWholeHeader)) != 0) return damaged_update("an unknown record");
  switch (static_cast<entry_kind_in_update>(tag & kKindMask)) {
    case entry_kind_in_update::copies: {
      DOCTEUR_TRY(more, control.number(header_.new_entries - next() - 1));
      DOCTEUR_TRY(first, control.near(guess_.next_copy(), old_.places.size()));
      if (more >= old_.places.size() - first) return damaged_update("a run leaves the old PACK");
      if (more > 0 && (tag & (kOtherBase | kWholeHeader)) != 0) return damaged_update("a run with one header");
      for (std::uint64_t k = first; k <= first + more; ++k)
        DOCTEUR_CHECK(copy(control, tag, static_cast<std::uint32_t>(k)));
      return {};
    }
    case entry_kind_in_update::stream: return raw(control, tag);
    case entry_kind_in_update::deflate:
    case entry_kind_in_update::delta:
    case entry_kind_in_update::large:
    case entry_kind_in_update::stored: return made(control, copies, tag);
  }
  return damaged_update("an unknown record");
}

outcome<void> entry_rebuilder::copy(number_reader& control, std::uint8_t tag, std::uint32_t k) {
  const pack_place& from = old_.places[k];
  if ((tag & kWholeHeader) != 0) {
    std::vector<std::byte> header;
    DOCTEUR_TRY(place, whole_header(control, header));
    if (place.size != from.size) return damaged_update("size of an entry");
    DOCTEUR_CHECK(begin_with_header(place, header));
  } else {
    DOCTEUR_TRY(place, head(control, tag, from.type, k));
    place.size = from.size;
    DOCTEUR_CHECK(begin(place));
  }
  DOCTEUR_CHECK(copy_stream(from));
  guess_.copied(k, next() - 1);
  end();
  return {};
}

outcome<void> entry_rebuilder::copy_stream(const pack_place& from) {
  for (std::uint64_t at = from.stream_at(); at < from.end;) {
    piece_.resize(static_cast<std::size_t>(std::min(kPiece, from.end - at)));
    if (const auto r = read_exactly(old_image_, kPackOffset + at, piece_); !r)
      return tl::make_unexpected(describe(r.error(), kOldImage));
    DOCTEUR_CHECK(write(piece_));
    at += piece_.size();
  }
  return {};
}

outcome<void> entry_rebuilder::raw(number_reader& control, std::uint8_t tag) {
  DOCTEUR_TRY(size, control.number(header_.new_pack));
  if ((tag & kWholeHeader) != 0) {
    std::vector<std::byte> header;
    DOCTEUR_TRY(place, whole_header(control, header));
    DOCTEUR_CHECK(begin_with_header(place, header));
  } else {
    DOCTEUR_TRY(type, control.byte());
    DOCTEUR_TRY(inflated, control.number());
    DOCTEUR_TRY(place, head(control, tag, static_cast<entry_type>(type), kNoPackEntry));
    place.size = inflated;
    DOCTEUR_CHECK(begin(place));
  }
  for (std::uint64_t left = size; left > 0;) {
    piece_.resize(static_cast<std::size_t>(std::min(kPiece, left)));
    DOCTEUR_CHECK(in_.take(piece_));
    DOCTEUR_CHECK(write(piece_));
    left -= piece_.size();
  }
  end();
  return {};
}

outcome<void> entry_rebuilder::made(number_reader& control, number_reader& copies, std::uint8_t tag) {
  if ((tag & kWholeHeader) != 0) return damaged_update("an unknown record");
  DOCTEUR_TRY(type, control.byte());
  std::uint32_t old_place = kNoPackEntry;
  DOCTEUR_TRY(what, content(control, copies, old_place));
  DOCTEUR_TRY(place, head(control, tag, static_cast<entry_type>(type), old_place));
  const auto kind = static_cast<entry_kind_in_update>(tag & kKindMask);
  bytes inflated = *what, stream;
  if (kind == entry_kind_in_update::delta) {
    if (place.base == kNoPackEntry) return damaged_update("a delta without a base");
    DOCTEUR_TRY(base, new_contents_.get(place.base));
    if (base == nullptr) return damaged_update("a base that is too large");
    inflated = streams_.instructions(place.base, base, *what);
    if (inflated.empty()) return damaged_update("no delta is possible");
  }
  if (kind == entry_kind_in_update::large) {
    DOCTEUR_TRY(made, streams_.large(inflated));
    stream = made;
  } else {
    stream = kind == entry_kind_in_update::stored ? streams_.store(inflated)
                                                  : streams_.deflate(inflated, is_delta(place.type));
  }
  place.size = inflated.size();
  DOCTEUR_CHECK(begin(place));
  DOCTEUR_CHECK(write(stream));
  const std::uint32_t i = next() - 1;
  if (old_place != kNoPackEntry) guess_.content_of(old_place, i);
  end();
  if (kind == entry_kind_in_update::delta || !is_delta(place.type)) new_contents_.put(i, std::move(what));
  return {};
}

outcome<pack_contents::content> entry_rebuilder::content(number_reader& control, number_reader& copies,
                                                         std::uint32_t& old_place) {
  DOCTEUR_TRY(how, control.byte());
  if (how > static_cast<std::uint8_t>(content_kind::from_new)) return damaged_update("unknown content");
  const auto kind = static_cast<content_kind>(how);
  pack_contents::content base;
  if (kind == content_kind::same || kind == content_kind::from_old) {
    DOCTEUR_TRY(j, control.near(guess_.next_content(), old_.places.size()));
    old_place = static_cast<std::uint32_t>(j);
    DOCTEUR_TRY(got, old_contents_.get(old_place));
    base = std::move(got);
  } else if (kind == content_kind::from_new) {
    DOCTEUR_TRY(back, control.number(next()));
    if (back == 0) return damaged_update("content made from itself");
    DOCTEUR_TRY(got, new_contents_.get(next() - static_cast<std::uint32_t>(back)));
    base = std::move(got);
  }
  if (kind != content_kind::plain && base == nullptr) return damaged_update("content that is too large");
  if (kind == content_kind::same) return base;
  DOCTEUR_TRY(size, control.number(kMostRebuilt));
  auto made = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(size));
  if (kind == content_kind::plain) {
    DOCTEUR_CHECK(in_.take(*made));
  } else {
    DOCTEUR_CHECK(decode_copies(*base, copies, in_, *made));
  }
  return pack_contents::content(std::move(made));
}

outcome<pack_place> entry_rebuilder::head(number_reader& control, std::uint8_t tag, entry_type type,
                                          std::uint32_t like) {
  pack_place place;
  place.type = type;
  switch (type) {
    case entry_type::commit:
    case entry_type::tree:
    case entry_type::blob:
    case entry_type::tag:
      place.object = static_cast<object_type>(type);
      return (tag & kOtherBase) != 0 ? outcome<pack_place>(damaged_update("a base of no delta")) : place;
    case entry_type::ofs_delta: break;
    default: return damaged_update("type of an entry");
  }
  place.base = guess_.base_like(like);
  if ((tag & kOtherBase) != 0) {
    DOCTEUR_TRY(back, control.number(next()));
    place.base = next() - static_cast<std::uint32_t>(back);
  }
  if (place.base >= next()) return damaged_update("the base of a delta is not before it");
  place.object = places_[place.base].object;
  return place;
}

outcome<pack_place> entry_rebuilder::whole_header(number_reader& control, std::vector<std::byte>& header) {
  DOCTEUR_TRY(size, control.number(kMaxEntryHeader));
  header.resize(static_cast<std::size_t>(size));
  DOCTEUR_CHECK(in_.take(header));
  const auto h = decode_entry_header(header, position_, kPackOffset + position_, header_.kind);
  if (!h || h->header_size != size) return damaged_update("header of an entry");
  pack_place place;
  place.type = h->type;
  place.size = h->size;
  if (!is_delta(h->type)) place.object = static_cast<object_type>(h->type);
  if (h->type == entry_type::ofs_delta) {
    const auto base = std::ranges::lower_bound(places_, h->base_offset, {}, &pack_place::offset);
    if (base == places_.end() || base->offset != h->base_offset) return damaged_update("the base is not an entry");
    place.base = static_cast<std::uint32_t>(base - places_.begin());
    place.object = base->object;
  }
  return place;
}

outcome<void> entry_rebuilder::begin(pack_place place) {
  entry_header h{place.type, 0, place.size, 0, {}};
  if (place.base != kNoPackEntry) h.base_offset = places_[place.base].offset;
  return begin_with_header(place, encode_entry_header(h, position_).view());
}

outcome<void> entry_rebuilder::begin_with_header(pack_place place, bytes header) {
  place.offset = position_;
  place.header_size = static_cast<std::uint8_t>(header.size());
  places_.push_back(place);
  crc_ = 0;
  return write(header);
}

void entry_rebuilder::end() {
  places_.back().end = position_;
  entries_.push_back({oid(header_.kind), places_.back().offset, crc_});
}

outcome<void> entry_rebuilder::write(bytes data) {
  if (data.size() > header_.new_pack - position_) return damaged_update("the PACK is too long");
  crc_ = libdeflate_crc32(crc_, data.data(), data.size());
  hash_.update(data);
  position_ += data.size();
  return out_.write(data);
}

}  // namespace docteur
