#include "unikernel-example/platform/pvh/boot_words.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace docteur::cache_vm::pvh {
namespace {

// Takes a number from the front of `text`, without a sign or a prefix.
std::optional<std::uint64_t> take_number(std::string_view& text, int base) {
  std::uint64_t v = 0;
  const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), v, base);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  return v;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  const bool is_hex = text.starts_with("0x");
  if (is_hex) text.remove_prefix(2);
  return take_number(text, is_hex ? 16 : 10);
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t n = std::min(text.find(' '), text.size());
    if (n > 0) words.push_back(text.substr(0, n));
    text.remove_prefix(std::min(n + 1, text.size()));
  }
  return words;
}

std::optional<ip_prefix> parse_ip(std::string_view text) {
  ip_prefix out{};
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && !take(text, '.')) return std::nullopt;
    const auto part = take_number(text, 10);
    if (!part || *part > 255) return std::nullopt;
    out.address = out.address << 8 | static_cast<std::uint32_t>(*part);
  }
  if (take(text, '/')) {
    const auto prefix = take_number(text, 10);
    if (!prefix || *prefix < 1 || *prefix > 32) return std::nullopt;
    out.prefix = static_cast<unsigned>(*prefix);
  }
  if (!text.empty() || out.address == 0) return std::nullopt;
  return out;
}

std::optional<mmio_place> parse_mmio_place(std::string_view text) {
  const auto size = take_number(text);
  if (!size) return std::nullopt;
  unsigned shift = 0;
  if (take(text, 'K') || take(text, 'k'))
    shift = 10;
  else if (take(text, 'M') || take(text, 'm'))
    shift = 20;
  else if (take(text, 'G') || take(text, 'g'))
    shift = 30;
  if (*size > ~std::uint64_t{0} >> shift || !take(text, '@')) return std::nullopt;
  const auto address = take_number(text);
  if (!address || !take(text, ':')) return std::nullopt;
  const auto interrupt = take_number(text);
  if (!interrupt || *interrupt > 0xffff) return std::nullopt;
  if (take(text, ':') && !take_number(text)) return std::nullopt;  // the optional ID
  if (!text.empty()) return std::nullopt;
  return mmio_place{*address, *size << shift, static_cast<std::uint32_t>(*interrupt)};
}

}  // namespace docteur::cache_vm::pvh
