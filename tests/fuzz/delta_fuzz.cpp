// Property: apply_delta() agrees with a plain implementation of `git help gitformat-pack`, byte for byte, error for
// error.
#include <optional>
#include <vector>

#include "fuzz/property.hpp"
#include "pack/delta.hpp"

namespace {

using namespace docteur;
constexpr std::uint64_t kMostResult = 1u << 20;  // bytes: larger results are not tried

// The second implementation: slow, a bounds check for every byte, no shortcuts.
std::optional<std::vector<std::byte>> plainly(bytes base, bytes delta, std::uint64_t result_size) {
  std::vector<std::byte> out;
  std::size_t i = 0;
  const auto next = [&]() -> std::optional<unsigned> {
    if (i >= delta.size()) return std::nullopt;
    return std::to_integer<unsigned>(delta[i++]);
  };
  while (i < delta.size()) {
    const unsigned op = *next();
    if (op == 0) return std::nullopt;
    if (op < 0x80) {
      for (unsigned n = 0; n < op; ++n) {
        const auto literal = next();
        if (!literal) return std::nullopt;
        out.push_back(static_cast<std::byte>(*literal));
      }
    } else {
      std::uint64_t from = 0, n = 0;
      for (unsigned bit = 0; bit < 7; ++bit) {
        if ((op >> bit & 1) == 0) continue;
        const auto field = next();
        if (!field) return std::nullopt;
        if (bit < 4) from |= std::uint64_t{*field} << 8 * bit;
        if (bit >= 4) n |= std::uint64_t{*field} << 8 * (bit - 4);
      }
      if (n == 0) n = 0x10000;
      for (std::uint64_t k = 0; k < n; ++k) {
        if (from + k >= base.size() || out.size() > result_size) return std::nullopt;
        out.push_back(base[static_cast<std::size_t>(from + k)]);
      }
    }
    if (out.size() > result_size) return std::nullopt;
  }
  if (out.size() != result_size) return std::nullopt;
  return out;
}

}  // namespace

// Input: the base's size in two bytes (little-endian); the base; the delta.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bytes in = fuzz_input(data, size);
  const std::size_t base_size = load_le<std::uint16_t>(in.data());
  if (base_size > size - 2) return 0;
  const bytes base = in.subspan(2, base_size), delta = in.subspan(2 + base_size);
  const auto h = decode_delta_header(delta, 0);
  if (!h) return 0;
  PROPERTY(h->header_size <= kMaxDeltaHeader && h->header_size <= delta.size());
  if (h->result_size > kMostResult) return 0;
  std::vector<std::byte> out(static_cast<std::size_t>(h->result_size));
  const bool applied = apply_delta(base, delta, out, 0).has_value();
  if (h->base_size != base.size()) {
    PROPERTY(!applied);
    return 0;
  }
  const auto expected = plainly(base, delta.subspan(h->header_size), h->result_size);
  PROPERTY(applied == expected.has_value());
  if (applied) PROPERTY(out == *expected);
  return 0;
}
