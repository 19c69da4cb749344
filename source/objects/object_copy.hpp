#pragma once
// One copy of an object: an entry of a PACK, or a loose file. Hosted; all functions are safe from many threads.

#include <cstdint>
#include <memory>
#include <vector>

#include "source/objects/loose_file.hpp"
#include "source/objects/pack_file.hpp"

namespace docteur {

class object_copy {
 public:
  // Both must outlive the copy.
  object_copy(const pack_file& pack, std::uint64_t offset) : pack_(&pack), offset_(offset) {}
  explicit object_copy(const loose_file& loose) : loose_(&loose) {}

  // Whether this is the entry at `offset` of the PACK with that number.
  [[nodiscard]] bool is_entry(std::uint64_t number, std::uint64_t offset) const noexcept {
    return pack_ != nullptr && pack_->number() == number && offset_ == offset;
  }
  // Whether both are the same entry of the same PACK.
  [[nodiscard]] bool is_same_entry(const object_copy& other) const noexcept {
    return other.pack_ != nullptr && is_entry(other.pack_->number(), other.offset_);
  }

  // Type and size from the copy's own header, which may be damaged.
  [[nodiscard]] object_result<object_summary> info() const;
  // The same, with the type, after all content was read and compared with `id`.
  [[nodiscard]] object_result<object_summary> verified_info(const oid& id, base_finder& elsewhere) const;

  // Replaces `out`. The bytes are not compared with the id.
  [[nodiscard]] object_result<object_type> read(std::vector<std::byte>& out, base_finder& elsewhere) const;
  // Fails if the bytes do not match `id`.
  [[nodiscard]] object_result<object_type> read_verified(const oid& id, std::vector<std::byte>& out,
                                                         base_finder& elsewhere) const;

  // In bounded memory, except for a delta, which is read whole first. The bytes are not compared with the id.
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_stream(base_finder& elsewhere) const;
  // Reads all content once and compares it with `id` before it opens the stream.
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_verified_stream(const oid& id,
                                                                                 base_finder& elsewhere) const;

 private:
  // Null for a delta.
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_whole() const;

  const pack_file* pack_ = nullptr;
  std::uint64_t offset_ = 0;
  const loose_file* loose_ = nullptr;
};

}  // namespace docteur
