#pragma once
// Reads a section from its start to its end, in large pieces, and checks its CRC-32 on the way. Guest-safe.

#include <cstdint>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"

namespace docteur {

class section_stream {
 public:
  section_stream(const device& from, const section& where, const memory& mem) noexcept
      : device_(from), where_(where), buffer_(mem) {}

  // Returns the next `n` bytes, valid until the next call. Errors: truncated if the section ends before; out_of_memory,
  // the device's.
  [[nodiscard]] result<bytes> take(std::uint64_t n) noexcept;
  [[nodiscard]] std::uint64_t left() const noexcept { return where_.length - taken_; }
  // The place of the next byte in the image.
  [[nodiscard]] std::uint64_t at() const noexcept { return where_.offset + taken_; }
  // Checks that everything was taken and that the checksum is right. Errors: malformed, bad_checksum.
  [[nodiscard]] result<done> finish() const noexcept;

 private:
  device device_;
  section where_;
  owned_array<std::byte> buffer_;    // used if the device is not mapped
  std::uint64_t buffered_from_ = 0;  // offset in the section of buffer_[0]
  std::uint64_t taken_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace docteur
