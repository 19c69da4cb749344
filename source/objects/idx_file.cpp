#include "source/objects/idx_file.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "idx/format.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kFanoutSize = 256 * 4;
constexpr std::size_t kScan = 64 * 1024;  // bytes

}  // namespace

object_result<idx_file> idx_file::open(std::unique_ptr<table_file> file, hash_kind kind) {
  const auto id_bytes = static_cast<std::uint32_t>(id_size(kind));
  const std::uint32_t first_version_stride = 4 + id_bytes;  // offset and id of each object
  std::array<std::byte, 8> room;
  DOCTEUR_TRY(head, file->get(0, room.size(), room));
  idx_file idx(kind);
  const std::uint64_t size = file->size();
  if (load_be<std::uint32_t>(head.data()) == kIdxMagic) {
    if (load_be<std::uint32_t>(head.data() + 4) != kIdxVersion) return damaged("an IDX of an unknown version");
    const idx_layout start{0, 0, kind};
    DOCTEUR_TRY(ids, id_table::open(*file, start.fanout(), start.ids(), id_bytes, kind));
    const std::uint64_t least = idx_layout{ids.count(), 0, kind}.size();
    const std::uint64_t most = least + std::uint64_t{ids.count()} * 8;
    if (size < least || size > most) return damaged("an IDX of a wrong size");
    idx.ids_ = ids;
    idx.offsets_at_ = idx_layout{ids.count(), 0, kind}.offsets();
    idx.may_be_wide_ = true;
  } else {
    DOCTEUR_TRY(ids, id_table::open(*file, 0, kFanoutSize + 4, first_version_stride, kind));
    if (size != kFanoutSize + std::uint64_t{ids.count()} * first_version_stride + idx.trailer_size())
      return damaged("an IDX of a wrong size");
    idx.ids_ = ids;
    idx.offsets_at_ = kFanoutSize;
    idx.offset_stride_ = first_version_stride;
  }
  idx.file_ = std::move(file);
  return idx;
}

object_result<std::uint64_t> idx_file::widen(std::uint32_t field) const {
  if (!may_be_wide_ || (field & kIdxWideOffset) == 0) return field;
  const std::uint64_t wide_at = idx_layout{count(), 0, kind_}.wide_offsets();
  const std::uint64_t wide_count = (file_->size() - trailer_size() - wide_at) / 8;
  const std::uint64_t at = field & ~kIdxWideOffset;
  if (at >= wide_count) return damaged("an IDX that points beyond its 64-bit offsets");
  std::array<std::byte, 8> room;
  DOCTEUR_TRY(raw, file_->get(wide_at + at * 8, room.size(), room));
  return load_be<std::uint64_t>(raw.data());
}

object_result<std::uint64_t> idx_file::offset(std::uint32_t position) const {
  std::array<std::byte, 4> room;
  DOCTEUR_TRY(raw, file_->get(offsets_at_ + std::uint64_t{position} * offset_stride_, room.size(), room));
  return widen(load_be<std::uint32_t>(raw.data()));
}

object_result<std::optional<std::uint64_t>> idx_file::find(const oid& id) const {
  DOCTEUR_TRY(position, ids_.find(*file_, id));
  if (!position) return std::nullopt;
  DOCTEUR_TRY(at, offset(*position));
  return at;
}

object_result<std::optional<oid>> idx_file::id_at(std::uint64_t offset) const {
  std::vector<std::byte> room(kScan);
  const auto step = static_cast<std::uint32_t>(kScan / offset_stride_);
  for (std::uint32_t done = 0; done < count();) {
    const std::uint32_t n = std::min(step, count() - done);
    const std::size_t size = std::size_t{n - 1} * offset_stride_ + 4;
    DOCTEUR_TRY(raw, file_->get(offsets_at_ + std::uint64_t{done} * offset_stride_, size, room));
    for (std::uint32_t i = 0; i < n; ++i) {
      const auto at = widen(load_be<std::uint32_t>(raw.data() + std::size_t{i} * offset_stride_));
      if (!at || *at != offset) continue;  // other, wild offsets do no harm
      DOCTEUR_TRY(found, id(done + i));
      return found;
    }
    done += n;
  }
  return std::nullopt;
}

object_result<oid> idx_file::pack_checksum() const {
  std::array<std::byte, kMaxIdSize> room;
  DOCTEUR_TRY(raw, file_->get(file_->size() - trailer_size(), id_size(kind_), room));
  return oid::from(raw.data(), kind_);
}

}  // namespace docteur
