#include "pack/pack_stream.hpp"

#include <libdeflate.h>

#include <algorithm>

#include "pack/format.hpp"

namespace docteur {
namespace {

constexpr std::size_t kHeld = 256 << 10;  // bytes held back, so that the sink gets few large writes

}  // namespace

pack_stream::pack_stream(byte_sink& out, hash_kind kind, std::uint32_t objects)
    : out_(out), hash_(kind), held_(kPackHeaderSize) {
  entries_.reserve(objects);
  outlines_.reserve(objects);
  store_be(held_.data(), kPackMagic);
  store_be(held_.data() + 4, kPackVersion);
  store_be(held_.data() + 8, objects);
  position_ = held_.size();
}

outcome<void> pack_stream::begin_entry(const source_object& object) {
  const auto type = static_cast<entry_type>(object.type);
  outlines_.push_back({object.size, 0, type});
  return begin(object.id, {type, 0, object.size, 0, {}});
}

outcome<void> pack_stream::begin_delta(const source_object& object, std::uint64_t size, std::uint64_t base_offset) {
  const auto base = std::ranges::lower_bound(entries_, base_offset, {}, &idx_entry::offset);
  outlines_.push_back({size, static_cast<std::uint32_t>(entries_.end() - base), entry_type::ofs_delta});
  return begin(object.id, {entry_type::ofs_delta, 0, size, base_offset, {}});
}

outcome<void> pack_stream::begin(const oid& id, const entry_header& header) {
  entries_.push_back({id, position_, 0});
  crc_ = 0;
  return write(encode_entry_header(header, position_).view());
}

outcome<void> pack_stream::write(bytes data) {
  crc_ = libdeflate_crc32(crc_, data.data(), data.size());
  position_ += data.size();
  if (held_.size() + data.size() > kHeld) DOCTEUR_CHECK(flush());
  if (data.size() > kHeld) {
    hash_.update(data);
    return out_.write(data);
  }
  held_.insert(held_.end(), data.begin(), data.end());
  return {};
}

void pack_stream::end_entry() { entries_.back().crc = crc_; }

outcome<void> pack_stream::flush() {
  hash_.update(held_);
  outcome<void> written = held_.empty() ? outcome<void>{} : out_.write(held_);
  held_.clear();
  return written;
}

outcome<oid> pack_stream::finish() {
  DOCTEUR_CHECK(flush());
  const oid checksum = hash_.finish();
  position_ += checksum.view().size();
  DOCTEUR_CHECK(out_.write(checksum.view()));
  return checksum;
}

}  // namespace docteur
