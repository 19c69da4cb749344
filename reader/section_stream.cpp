#include "reader/section_stream.hpp"

#include <libdeflate.h>

#include <algorithm>

namespace docteur {
namespace {

constexpr std::uint64_t kPiece = 256 << 10;  // bytes read from the device at once

}  // namespace

result<bytes> section_stream::take(std::uint64_t n) noexcept {
  if (n > left()) return fail(errc::truncated, at(), "section is cut short");
  bytes out;
  if (device_.view != nullptr) {
    if (where_.offset > device_.size || where_.length > device_.size - where_.offset)
      return fail(errc::truncated, where_.offset, "section runs past the end of the device");
    out = bytes(device_.view + at(), n);
  } else {
    if (taken_ + n > buffered_from_ + buffer_.size()) {
      const std::uint64_t piece = std::min(std::max(n, kPiece), left());
      if (piece > buffer_.capacity()) DOCTEUR_CHECK(buffer_.set_capacity(piece));
      DOCTEUR_CHECK(buffer_.resize(piece));
      DOCTEUR_CHECK(read_exactly(device_, at(), buffer_.span()));
      buffered_from_ = taken_;
    }
    out = bytes{buffer_.span()}.subspan(taken_ - buffered_from_, n);
  }
  crc_ = libdeflate_crc32(crc_, out.data(), out.size());
  taken_ += n;
  return out;
}

result<done> section_stream::finish() const noexcept {
  if (left() != 0) return fail(errc::malformed, at(), "section is longer than its content");
  if (crc_ != where_.crc) return fail(errc::bad_checksum, where_.offset, "checksum of a section");
  return done{};
}

}  // namespace docteur
