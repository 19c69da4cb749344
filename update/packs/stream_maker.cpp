#include <libdeflate.h>

#include "update/packs/entry_rebuilder.hpp"

namespace docteur {
namespace {

constexpr std::byte kLargeHeader[2] = {std::byte{0x78}, std::byte{0x9c}};  // as pack/large_blob.cpp writes it
constexpr int kLargeLevel = 7;

// libdeflate adds to the pointer, which must not be null (C11, 6.5.6).
bytes not_null(bytes content) {
  static constexpr std::byte kNothing{};
  return content.empty() ? bytes(&kNothing, 0) : content;
}

}  // namespace

bytes stream_maker::deflate(bytes content, bool is_delta) {
  return (is_delta ? deltas_ : wholes_).compress(content).stream;
}

bytes stream_maker::store(bytes content) { return wholes_.store(content).stream; }

outcome<bytes> stream_maker::large(bytes content) {
  content = not_null(content);
  if (!segments_) segments_.emplace(kLargeLevel);
  out_.assign(std::begin(kLargeHeader), std::end(kLargeHeader));
  const std::uint32_t sum = libdeflate_adler32(1, content.data(), content.size());
  do {
    const bytes piece = content.first(std::min<std::size_t>(content.size(), how_.interval));
    content = content.subspan(piece.size());
    DOCTEUR_CHECK(segments_->run(piece, content.empty(), segment_));
    out_.insert(out_.end(), segment_.begin(), segment_.end());
  } while (!content.empty());
  std::byte end[4];
  store_be(end, sum);
  out_.insert(out_.end(), std::begin(end), std::end(end));
  return bytes(out_);
}

bytes stream_maker::instructions(std::uint32_t place, const pack_contents::content& base, bytes target) {
  if (base->size() > delta_encoder::kLargest || target.size() > delta_encoder::kLargest) return {};
  if (base_place_ != place) {
    base_ = base;
    encoder_.set_base(*base_, how_.deltas);
    base_place_ = place;
  }
  return encoder_.encode(target, target.size() + 64, delta_) ? bytes(delta_) : bytes();
}

}  // namespace docteur
