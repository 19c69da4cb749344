#include "source/objects/object_copy.hpp"

#include "base/memory_stream.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr std::size_t kPiece = 256 * 1024;  // bytes that are compared at once

tl::unexpected<object_fault> wrong_content() { return damaged("its content does not match its id"); }

// Reads all of `content`, an object that is not a delta, and compares it with its id.
object_result<void> compare(byte_stream& content, const object_summary& info, const oid& id) {
  hasher hash = object_hash(id.kind(), info.type.value_or(object_type::blob), info.size);
  std::vector<std::byte> piece(kPiece);
  for (;;) {
    const auto n = content.read(piece);
    if (!n) return tl::unexpected<object_fault>({false, n.error().message, n.error().who});
    if (*n == 0) break;
    hash.update(bytes(piece).first(*n));
  }
  if (hash.finish() != id) return wrong_content();
  return {};
}

}  // namespace

object_result<object_summary> object_copy::info() const {
  if (pack_ != nullptr) return pack_->info(offset_);
  return object_summary{loose_->type(), loose_->size()};
}

object_result<object_summary> object_copy::verified_info(const oid& id, base_finder& elsewhere) const {
  DOCTEUR_TRY(stream, open_whole());
  if (stream == nullptr) {
    std::vector<std::byte> content;
    DOCTEUR_TRY(type, read_verified(id, content, elsewhere));
    return object_summary{type, content.size()};
  }
  DOCTEUR_TRY(own, info());
  DOCTEUR_CHECK(compare(*stream, own, id));
  return own;
}

object_result<object_type> object_copy::read(std::vector<std::byte>& out, base_finder& elsewhere) const {
  if (pack_ != nullptr) return pack_->read(offset_, out, elsewhere);
  DOCTEUR_CHECK(loose_->read(out));
  return loose_->type();
}

object_result<object_type> object_copy::read_verified(const oid& id, std::vector<std::byte>& out,
                                                      base_finder& elsewhere) const {
  DOCTEUR_TRY(type, read(out, elsewhere));
  if (object_id(id.kind(), type, out) != id) return wrong_content();
  return type;
}

object_result<std::unique_ptr<byte_stream>> object_copy::open_whole() const {
  return pack_ != nullptr ? pack_->open_stream(offset_) : loose_->open_stream();
}

object_result<std::unique_ptr<byte_stream>> object_copy::open_stream(base_finder& elsewhere) const {
  DOCTEUR_TRY(stream, open_whole());
  if (stream != nullptr) return stream;
  std::vector<std::byte> content;
  DOCTEUR_CHECK(read(content, elsewhere));
  return std::make_unique<memory_stream>(std::move(content));
}

object_result<std::unique_ptr<byte_stream>> object_copy::open_verified_stream(const oid& id,
                                                                              base_finder& elsewhere) const {
  DOCTEUR_TRY(stream, open_whole());
  if (stream == nullptr) {
    std::vector<std::byte> content;
    DOCTEUR_CHECK(read_verified(id, content, elsewhere));
    return std::make_unique<memory_stream>(std::move(content));
  }
  DOCTEUR_TRY(own, info());
  DOCTEUR_CHECK(compare(*stream, own, id));
  return open_whole();
}

}  // namespace docteur
