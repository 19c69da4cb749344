#include "unikernel-example/platform/pvh/ip6_address.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "unikernel-example/platform/pvh/boot_words.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::size_t kGroups = 8;

struct groups {
  std::array<std::uint16_t, kGroups> all{};
  std::size_t count = 0;
  [[nodiscard]] bool add(std::uint16_t group) {
    if (count == all.size()) return false;
    all[count++] = group;
    return true;
  }
};

// One to four hexadecimal digits.
std::optional<std::uint16_t> parse_group(std::string_view text) {
  std::uint16_t v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v, 16);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() > 4) return std::nullopt;
  return v;
}

// Groups with colons between them, the last of which may be an IPv4 address if `may_end_in_ipv4`. "" has none.
std::optional<groups> parse_groups(std::string_view text, bool may_end_in_ipv4) {
  groups out;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool is_last = colon == std::string_view::npos;
    if (is_last && may_end_in_ipv4 && part.find('.') != std::string_view::npos) {
      const auto ip = parse_ip(part);
      if (!ip || ip->prefix) return std::nullopt;
      if (!out.add(static_cast<std::uint16_t>(ip->address >> 16))) return std::nullopt;
      if (!out.add(static_cast<std::uint16_t>(ip->address))) return std::nullopt;
      return out;
    }
    const auto group = parse_group(part);
    if (!group || !out.add(*group)) return std::nullopt;
    if (is_last) return out;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // ends with a colon
  }
  return out;
}

ip6_address to_bytes(const groups& g) {
  ip6_address out{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    out[2 * i] = static_cast<std::uint8_t>(g.all[i] >> 8);
    out[2 * i + 1] = static_cast<std::uint8_t>(g.all[i]);
  }
  return out;
}

std::uint16_t group_of(const ip6_address& a, std::size_t i) {
  return static_cast<std::uint16_t>(a[2 * i] << 8 | a[2 * i + 1]);
}

}  // namespace

std::optional<ip6_address> parse_ip6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto all = parse_groups(text, true);
    if (!all || all->count != kGroups) return std::nullopt;
    return to_bytes(*all);
  }
  const auto before = parse_groups(text.substr(0, gap), false);
  const auto behind = parse_groups(text.substr(gap + 2), true);
  if (!before || !behind || before->count + behind->count >= kGroups) return std::nullopt;
  groups out = *before;
  std::copy_n(behind->all.begin(), behind->count, out.all.end() - static_cast<std::ptrdiff_t>(behind->count));
  return to_bytes(out);
}

std::string ip6_text(const ip6_address& a) {
  std::size_t gap = kGroups, gap_size = 1;  // a single zero group is written as 0
  for (std::size_t i = 0; i < kGroups; ++i) {
    std::size_t n = 0;
    while (i + n < kGroups && group_of(a, i + n) == 0) ++n;
    if (n > gap_size) {
      gap = i;
      gap_size = n;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == gap) {
      out += "::";
      i += gap_size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    char digits[4];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, group_of(a, i), 16).ptr);
  }
  return out;
}

bool same_prefix(const ip6_address& a, const ip6_address& b, unsigned prefix) {
  const unsigned whole = prefix / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = prefix % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

bool is_link_local(const ip6_address& a) { return a[0] == 0xfe && (a[1] & 0xc0) == 0x80; }

}  // namespace docteur::cache_vm::pvh
