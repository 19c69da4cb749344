#include "source/objects/midx_file.hpp"

#include <algorithm>
#include <array>

#include "idx/format.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kMagic = 0x4d494458;  // "MIDX"
constexpr std::uint64_t kHeaderSize = 12;
constexpr std::uint64_t kRowSize = 12;                         // of the table of chunks
constexpr std::uint64_t kMostNames = std::uint64_t{64} << 20;  // bytes of all names
constexpr std::size_t kSummed = 256 * 1024;                    // bytes hashed at once

constexpr std::uint32_t chunk_id(const char (&text)[5]) {
  std::uint32_t id = 0;
  for (unsigned i = 0; i < 4; ++i) id = id << 8 | static_cast<unsigned char>(text[i]);
  return id;
}

}  // namespace

object_result<midx_file> midx_file::open(std::unique_ptr<table_file> file, hash_kind kind) {
  std::array<std::byte, kHeaderSize> room;
  DOCTEUR_TRY(head, file->get(0, room.size(), room));
  if (load_be<std::uint32_t>(head.data()) != kMagic) return damaged("no multi-pack-index where it should be");
  if (head[4] != std::byte{1}) return damaged("a multi-pack-index of an unknown version");
  if (head[5] != static_cast<std::byte>(kind)) return damaged("a multi-pack-index for ids of another hash");
  if (head[7] != std::byte{0}) return damaged("a multi-pack-index that has bases");
  midx_file midx(std::move(file), kind);
  if (midx.file_->size() < kHeaderSize + id_size(kind)) return damaged("a multi-pack-index that is truncated");
  DOCTEUR_CHECK(midx.read_chunks(std::to_integer<std::uint32_t>(head[6])));
  DOCTEUR_TRY(ids, id_table::open(*midx.file_, midx.fanout_.at, midx.lookup_.at,
                                  static_cast<std::uint32_t>(id_size(kind)), kind));
  if (midx.lookup_.size != std::uint64_t{ids.count()} * id_size(kind) ||
      midx.offsets_.size != std::uint64_t{ids.count()} * 8)
    return damaged("a multi-pack-index with tables of a wrong size");
  midx.ids_ = ids;
  DOCTEUR_CHECK(midx.read_names(load_be<std::uint32_t>(head.data() + 8)));
  DOCTEUR_CHECK(midx.check_sum());
  return midx;
}

// The chunks are in the order of their offsets; the entry that ends the table gives the end of the last one.
object_result<void> midx_file::read_chunks(std::uint32_t chunks) {
  std::array<std::byte, 256 * kRowSize> room;
  const std::uint64_t end = file_->size() - id_size(kind_);
  DOCTEUR_TRY(rows, file_->get(kHeaderSize, (chunks + 1) * kRowSize, room));
  for (std::uint32_t i = 0; i < chunks; ++i) {
    const std::byte* const row = rows.data() + i * kRowSize;
    const auto at = load_be<std::uint64_t>(row + 4);
    const auto next = load_be<std::uint64_t>(row + kRowSize + 4);
    if (at < kHeaderSize || next < at || next > end) return damaged("a multi-pack-index with a chunk outside the file");
    const chunk c{at, next - at};
    switch (load_be<std::uint32_t>(row)) {
      case chunk_id("PNAM"): names_ = c; break;
      case chunk_id("OIDF"): fanout_ = c; break;
      case chunk_id("OIDL"): lookup_ = c; break;
      case chunk_id("OOFF"): offsets_ = c; break;
      case chunk_id("LOFF"): wide_offsets_ = c; break;
      default: break;
    }
  }
  if (fanout_.size != 256 * 4) return damaged("a multi-pack-index without a fan-out");
  return {};
}

object_result<void> midx_file::read_names(std::uint32_t packs) {
  if (names_.size > kMostNames) return damaged("a multi-pack-index with too many names");
  std::vector<std::byte> room(static_cast<std::size_t>(names_.size));
  DOCTEUR_TRY(raw, file_->get(names_.at, room.size(), room));
  std::string_view rest = as_text(raw);
  for (std::uint32_t i = 0; i < packs; ++i) {
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) return damaged("a multi-pack-index with fewer names than PACKs");
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const bool is_idx = name.size() > 4 && name.ends_with(".idx") && name.find('/') == std::string_view::npos;
    if (!is_idx) return damaged("a multi-pack-index with a name that is not an IDX's");
    if (!packs_.empty() && packs_.back() >= name) return damaged("a multi-pack-index with names out of order");
    packs_.emplace_back(name);
  }
  return {};
}

object_result<void> midx_file::check_sum() const {
  std::vector<std::byte> room(kSummed);
  const std::uint64_t end = file_->size() - id_size(kind_);
  hasher hash(kind_);
  for (std::uint64_t at = 0; at < end;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kSummed, end - at));
    DOCTEUR_TRY(raw, file_->get(at, n, room));
    hash.update(raw);
    at += n;
  }
  DOCTEUR_TRY(written, file_->get(end, id_size(kind_), room));
  if (hash.finish() != oid::from(written.data(), kind_)) return damaged("a multi-pack-index whose checksum is wrong");
  return {};
}

object_result<std::optional<midx_file::place>> midx_file::find(const oid& id) const {
  DOCTEUR_TRY(position, ids_.find(*file_, id));
  if (!position) return std::nullopt;
  std::array<std::byte, 8> room;
  DOCTEUR_TRY(raw, file_->get(offsets_.at + std::uint64_t{*position} * 8, room.size(), room));
  place p{load_be<std::uint32_t>(raw.data()), load_be<std::uint32_t>(raw.data() + 4)};
  if (p.pack >= packs_.size()) return damaged("a multi-pack-index that refers to a PACK it does not list");
  // Without a table of 64-bit offsets all offsets have 32 bits.
  if (wide_offsets_.size == 0 || (p.offset & kIdxWideOffset) == 0) return p;
  const std::uint64_t at = p.offset & ~std::uint64_t{kIdxWideOffset};
  if (at >= wide_offsets_.size / 8) return damaged("a multi-pack-index that points beyond its 64-bit offsets");
  DOCTEUR_TRY(wide, file_->get(wide_offsets_.at + at * 8, room.size(), room));
  p.offset = load_be<std::uint64_t>(wide.data());
  return p;
}

}  // namespace docteur
