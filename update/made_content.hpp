#pragma once
// What of an image can be put together from an older one. Hosted.

#include <cstdint>
#include <memory>
#include <optional>

#include "host/image_digests.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "update/assembly.hpp"

namespace docteur {

class made_content {
 public:
  // Reads the tables of `image`, and of `old`, which must outlive this object. The inner error: one of them is of no
  // use, and why, as one line. Fails (blame::environment) if they cannot be read.
  [[nodiscard]] static outcome<result<std::unique_ptr<made_content>>> load(const device& image, const device& old);

  // The parts of a range of the image that the old one does not have.
  [[nodiscard]] range_list holes(byte_range range) const;
  // Whether a digest says what all bytes of the range must be; `range`: whole blocks of the cache.
  [[nodiscard]] bool covers(byte_range range) const noexcept;
  // Fills bytes outside of holes(). Errors: the old image's device's.
  [[nodiscard]] result<done> read(std::uint64_t at, mutable_bytes out) const noexcept { return parts_->read(at, out); }
  [[nodiscard]] bool is_right(std::uint64_t at, bytes block) const noexcept;

 private:
  made_content(image_digests digests, entry_table entries);
  image_digests digests_;
  entry_table entries_;
  std::optional<assembly> parts_;
};

}  // namespace docteur
