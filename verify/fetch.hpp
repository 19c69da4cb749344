#pragma once
// Reading of ranges that are known to be on the device: an error is the environment's, not the image's. Hosted.

#include <algorithm>
#include <cstdint>
#include <memory>

#include "object/device.hpp"
#include "object/failure.hpp"

namespace docteur {

// Memory that is used again and again; not initialised.
class reused_bytes {
 public:
  // `size` bytes, whose contents are unspecified; what was given before is void.
  [[nodiscard]] mutable_bytes get(std::size_t size) {
    if (size > capacity_) {
      data_.reset();
      data_ = std::make_unique_for_overwrite<std::byte[]>(size);
      capacity_ = size;
    }
    return {data_.get(), size};
  }
  // Gives the memory back when it is more than `most` bytes.
  void trim(std::size_t most) {
    if (capacity_ <= most) return;
    data_.reset();
    capacity_ = 0;
  }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_ = 0;
};

[[nodiscard]] inline outcome<void> fetch(const device& from, std::uint64_t at, mutable_bytes out) {
  if (const auto r = read_exactly(from, at, out); !r) return give_up(blame::environment, r.error().what);
  return {};
}

// `n` bytes from `at`: in place when the device is mapped, else in `buffer`.
[[nodiscard]] inline outcome<bytes> fetch(const device& from, std::uint64_t at, std::size_t n, reused_bytes& buffer) {
  if (from.view != nullptr) return bytes(from.view + at, n);
  const mutable_bytes out = buffer.get(n);
  DOCTEUR_CHECK(fetch(from, at, out));
  return bytes(out);
}

inline constexpr std::size_t kPiece = 1 << 20;  // bytes read at once where a long range is read forward

// f(piece, at) for [from, to), piece after piece; returns outcome<void>.
template <class F>
[[nodiscard]] outcome<void> for_each_piece(const device& d, std::uint64_t from, std::uint64_t to, F f) {
  reused_bytes buffer;
  for (std::uint64_t at = from; at < to;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, to - at));
    DOCTEUR_TRY(piece, fetch(d, at, n, buffer));
    DOCTEUR_CHECK(f(piece, at));
    at += n;
  }
  return {};
}

}  // namespace docteur
