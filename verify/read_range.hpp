#pragma once
// Reads ranges of a device that are within its size, so that a failure is the environment's fault and not the image's.
// Hosted.

#include <algorithm>
#include <cstdint>
#include <memory>

#include "object/device.hpp"
#include "object/failure.hpp"

namespace docteur {

// A buffer that is reused. Its memory is not initialized.
class reused_bytes {
 public:
  // Returns `size` bytes of unspecified content. What was returned before is no longer valid.
  [[nodiscard]] mutable_bytes get(std::size_t size) {
    if (size > capacity_) {
      data_.reset();
      data_ = std::make_unique_for_overwrite<std::byte[]>(size);
      capacity_ = size;
    }
    return {data_.get(), size};
  }
  // Releases the memory if it is more than `most` bytes.
  void trim(std::size_t most) {
    if (capacity_ <= most) return;
    data_.reset();
    capacity_ = 0;
  }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_ = 0;
};

// A device that compares blocks with the image's digest (host/checked_device.hpp) fails because of the image.
[[nodiscard]] inline tl::unexpected<failure> unreadable(const error& e) {
  return give_up(e.code == errc::bad_checksum ? blame::input : blame::environment, e.what);
}

// Fills `out` with the bytes from `at`, or fails as unreadable() does.
[[nodiscard]] inline outcome<void> read_range(const device& from, std::uint64_t at, mutable_bytes out) {
  if (const auto r = read_exactly(from, at, out); !r) return unreadable(r.error());
  return {};
}

// Returns `n` bytes from `at`: in place if the device is mapped, else in `buffer`.
[[nodiscard]] inline outcome<bytes> read_range(const device& from, std::uint64_t at, std::size_t n,
                                               reused_bytes& buffer) {
  if (from.view != nullptr) return bytes(from.view + at, n);
  const mutable_bytes out = buffer.get(n);
  DOCTEUR_CHECK(read_range(from, at, out));
  return bytes(out);
}

inline constexpr std::size_t kPiece = 1 << 20;  // bytes read at once by for_each_piece()

// Calls f(piece, at), which returns outcome<void>, for consecutive pieces of [from, to). Ends at the first failure.
template <class F>
[[nodiscard]] outcome<void> for_each_piece(const device& d, std::uint64_t from, std::uint64_t to, F f) {
  reused_bytes buffer;
  for (std::uint64_t at = from; at < to;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, to - at));
    DOCTEUR_TRY(piece, read_range(d, at, n, buffer));
    DOCTEUR_CHECK(f(piece, at));
    at += n;
  }
  return {};
}

}  // namespace docteur
