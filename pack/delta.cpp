#include "pack/delta.hpp"

#include <array>
#include <bit>

namespace docteur {
namespace {

// A size in a delta's header: seven bits a byte, least significant first.
result<std::uint64_t> take_size(cursor& from) noexcept {
  std::uint64_t v = 0;
  for (unsigned shift = 0;; shift += 7) {
    DOCTEUR_TRY(b, from.take_be<std::uint8_t>());
    const std::uint64_t bits = b & 0x7fu;
    if (shift > 63 || (shift == 63 && bits > 1))
      return fail(errc::malformed, from.at(), "size in a delta is over 64 bits");
    v |= bits << shift;
    if ((b & 0x80) == 0) return v;
  }
}

// The number of operand bytes of a copy instruction: one for each bit set below the highest.
constexpr auto kOperands = [] {
  std::array<std::uint8_t, 128> t{};
  for (unsigned op = 0; op < t.size(); ++op) t[op] = static_cast<std::uint8_t>(std::popcount(op));
  return t;
}();

constexpr unsigned kCopy = 0x80;
constexpr std::uint64_t kDefaultCopySize = 0x10000;

}  // namespace

result<delta_header> decode_delta_header(bytes delta, std::uint64_t at) noexcept {
  cursor from(delta, at);
  delta_header h{};
  DOCTEUR_TRY(base_size, take_size(from));
  DOCTEUR_TRY(result_size, take_size(from));
  h.base_size = base_size;
  h.result_size = result_size;
  h.header_size = static_cast<std::uint32_t>(from.at() - at);
  return h;
}

result<std::uint64_t> measure_delta(bytes delta, std::uint64_t at) noexcept {
  DOCTEUR_TRY(h, decode_delta_header(delta, at));
  cursor from(delta.subspan(h.header_size), at + h.header_size);
  std::uint64_t made = 0;
  while (!from.empty()) {
    DOCTEUR_TRY(op, from.take_be<std::uint8_t>());
    if (op == 0) return fail(errc::malformed, at, "reserved delta instruction");
    const unsigned follow = (op & kCopy) != 0 ? kOperands[op & 0x7fu] : op;
    DOCTEUR_TRY(operands, from.take(follow));
    std::uint64_t size = op;
    if ((op & kCopy) != 0) {
      size = 0;
      std::size_t next = kOperands[op & 0x0fu];  // the size follows the offset
      for (unsigned i = 0; i < 3; ++i)
        if ((op & 0x10u << i) != 0) size |= std::to_integer<std::uint64_t>(operands[next++]) << 8 * i;
      if (size == 0) size = kDefaultCopySize;
    }
    made += size;  // at most 16 MiB for each byte of the delta: it does not wrap
  }
  return made;
}

result<done> apply_delta(bytes base, bytes delta, mutable_bytes out, std::uint64_t at) noexcept {
  DOCTEUR_TRY(h, decode_delta_header(delta, at));
  if (h.base_size != base.size()) return fail(errc::malformed, at, "delta is for a base of another size");
  if (h.result_size != out.size()) return fail(errc::malformed, at, "delta makes an object of another size");

  // Plain pointers: reading a delta spends its time in this loop.
  const std::byte* in = delta.data() + h.header_size;
  const std::byte* const in_end = delta.data() + delta.size();
  std::byte* to = out.data();
  std::byte* const to_end = out.data() + out.size();
  while (in != in_end) {
    const auto op = std::to_integer<unsigned>(*in++);
    if ((op & kCopy) != 0) {
      if (in_end - in < kOperands[op & 0x7fu]) return fail(errc::truncated, at, "copy instruction is cut short");
      std::uint64_t offset = 0;
      std::uint64_t size = 0;
      for (unsigned i = 0; i < 4; ++i)
        if ((op & 1u << i) != 0) offset |= std::to_integer<std::uint64_t>(*in++) << 8 * i;
      for (unsigned i = 0; i < 3; ++i)
        if ((op & 0x10u << i) != 0) size |= std::to_integer<std::uint64_t>(*in++) << 8 * i;
      if (size == 0) size = kDefaultCopySize;
      if (offset > base.size() || size > base.size() - offset)
        return fail(errc::out_of_range, at, "copy instruction leaves the base");
      if (size > static_cast<std::uint64_t>(to_end - to))
        return fail(errc::out_of_range, at, "delta makes more than it promised");
      std::memcpy(to, base.data() + offset, size);
      to += size;
    } else if (op != 0) {
      if (op > static_cast<std::uint64_t>(in_end - in))
        return fail(errc::truncated, at, "insert instruction is cut short");
      if (op > static_cast<std::uint64_t>(to_end - to))
        return fail(errc::out_of_range, at, "delta makes more than it promised");
      std::memcpy(to, in, op);
      in += op;
      to += op;
    } else {
      return fail(errc::malformed, at, "reserved delta instruction");
    }
  }
  if (to != to_end) return fail(errc::malformed, at, "delta makes less than it promised");
  return done{};
}

}  // namespace docteur
