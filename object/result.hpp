#pragma once
// Errors are values: what went wrong, where in the image it was detected, and a static text. Guest-safe: an error owns
// nothing and is cheap to copy.

#include <cstdint>
#include <tl/expected.hpp>

namespace docteur {

enum class errc : std::uint8_t {
  io,             // the device failed, and will fail again
  unavailable,    // the device failed for now: the same read may succeed later (a time-out, a broken connection)
  truncated,      // a field runs past the end of its container
  bad_magic,      // not the expected format
  bad_version,    // a format version or required feature this code does not know
  bad_checksum,   // a hash or checksum does not match what it covers
  malformed,      // breaks a rule of the format
  out_of_range,   // an offset or position points outside its range
  too_large,      // over one of the limits
  not_found,      // no such path or object: an answer, not a fault
  wrong_kind,     // e.g. listing a file, reading a directory
  symlink_loop,   // more symbolic links than the limit allows
  out_of_memory,  // the allocator has no more memory
};

struct error {
  errc code;
  std::uint64_t at;  // byte offset from the start of the image (or of the bytes passed in)
  const char* what;  // static storage only
};

template <class T>
using result = tl::expected<T, error>;

// Whether the device failed, not its content: such an error says nothing about the image.
[[nodiscard]] constexpr bool is_device_failure(const error& e) noexcept {
  return e.code == errc::io || e.code == errc::unavailable;
}

// The value of an operation that only succeeds or fails.
struct done {};

[[nodiscard]] constexpr tl::unexpected<error> fail(errc code, std::uint64_t at, const char* what) noexcept {
  return tl::unexpected<error>(error{code, at, what});
}

// A short static name for each code, for messages ("truncated", "bad checksum", ...).
[[nodiscard]] constexpr const char* name(errc code) noexcept {
  switch (code) {
    case errc::io: return "I/O error";
    case errc::unavailable: return "unavailable for now";
    case errc::truncated: return "truncated";
    case errc::bad_magic: return "bad magic";
    case errc::bad_version: return "unknown version";
    case errc::bad_checksum: return "bad checksum";
    case errc::malformed: return "malformed";
    case errc::out_of_range: return "out of range";
    case errc::too_large: return "over a limit";
    case errc::not_found: return "not found";
    case errc::wrong_kind: return "wrong kind";
    case errc::symlink_loop: return "too many symbolic links";
    case errc::out_of_memory: return "out of memory";
  }
  return "unknown error";
}

}  // namespace docteur

// DOCTEUR_TRY(x, expr): `auto x = *expr`, or returns its error. DOCTEUR_CHECK(expr): the same without a value.
#define DOCTEUR_CONCAT_(a, b) a##b
#define DOCTEUR_CONCAT(a, b) DOCTEUR_CONCAT_(a, b)
#define DOCTEUR_TRY_(tmp, x, ...)                               \
  auto tmp = (__VA_ARGS__);                                     \
  if (!tmp) return tl::make_unexpected(std::move(tmp.error())); \
  auto x = std::move(*tmp)
#define DOCTEUR_TRY(x, ...) DOCTEUR_TRY_(DOCTEUR_CONCAT(docteur_try_, __LINE__), x, __VA_ARGS__)
#define DOCTEUR_CHECK_(tmp, ...) \
  if (auto tmp = (__VA_ARGS__); !tmp) return tl::make_unexpected(std::move(tmp.error()))
#define DOCTEUR_CHECK(...) DOCTEUR_CHECK_(DOCTEUR_CONCAT(docteur_check_, __LINE__), __VA_ARGS__)
