#include "host/checked_blob.hpp"

#include <algorithm>

#include "host/describe.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr std::size_t kPiece = 256 << 10;  // bytes of a large file held at once

}  // namespace

outcome<void> checked_blob::read(image_reader& from, const node& n, const std::string& subject, const taker& take) {
  const auto failed = [&](const error& e) { return tl::make_unexpected(describe(e, subject)); };
  const image& image = from.image();
  const auto size = from.size(n);
  if (!size) return failed(size.error());
  if (*size < image.bounds().streamed_blob) {
    buffer_.resize(*size);
    if (const auto read = from.read(n, buffer_); !read) return failed(read.error());
    return take(buffer_);
  }

  auto stream = from.open(n);
  if (!stream) return failed(stream.error());
  hasher hash = object_hash(image.kind(), object_type::blob, *size);
  buffer_.resize(kPiece);
  for (std::uint64_t at = 0; at < *size;) {
    const mutable_bytes part = mutable_bytes(buffer_).first(std::min<std::uint64_t>(buffer_.size(), *size - at));
    if (const auto read = stream->read(at, part); !read) return failed(read.error());
    hash.update(part);
    DOCTEUR_CHECK(take(part));
    at += part.size();
  }
  const auto id = image.id(n.position);
  if (!id) return failed(id.error());
  if (hash.finish() != *id)
    return failed({errc::bad_checksum, image.offset(n) + kPackOffset, "content does not match its id"});
  return {};
}

}  // namespace docteur
