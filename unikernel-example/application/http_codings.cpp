#include "unikernel-example/application/http_codings.hpp"

#include <algorithm>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::array<std::string_view, kCodings> kNames{"identity", "deflate", "gzip", "br", "zstd", "dcz"};
constexpr unsigned kUnnamed = 1;  // the weight of plain content that is not named; named ones weigh an even number

// The weight ("q=0.25") in thousandths; 1000 when there is none, nullopt when it is malformed.
std::optional<unsigned> parse_weight(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    std::string_view p = trim(take_until(parameters, ';'));
    if (p.size() < 2 || lower(p[0]) != 'q' || p[1] != '=') continue;
    p.remove_prefix(2);
    if (p.empty() || p.size() > 5 || (p[0] != '0' && p[0] != '1') || (p.size() > 1 && p[1] != '.')) return std::nullopt;
    unsigned weight = static_cast<unsigned>(p[0] - '0') * 1000;
    unsigned unit = 100;
    for (const char c : p.substr(std::min<std::size_t>(2, p.size()))) {
      if (c < '0' || c > '9') return std::nullopt;
      weight += static_cast<unsigned>(c - '0') * unit;
      unit /= 10;
    }
    return weight > 1000 ? std::nullopt : std::optional(weight);
  }
  return 1000;
}

// "x-gzip" is another name of gzip (section 8.4.1.3).
std::optional<std::size_t> place_of(std::string_view name) noexcept {
  if (equal_ignoring_case(name, "x-gzip")) name = "gzip";
  for (std::size_t i = 0; i < kCodings; ++i)
    if (equal_ignoring_case(name, kNames[i])) return i;
  return std::nullopt;
}

}  // namespace

std::string_view name(coding c) noexcept { return kNames[static_cast<std::size_t>(c)]; }

accepted_codings::accepted_codings(std::optional<std::string_view> field) noexcept {
  weights_[static_cast<std::size_t>(coding::identity)] = kUnnamed;
  if (!field) return;
  std::array<bool, kCodings> named{};
  std::optional<unsigned> any;
  for (std::string_view rest = *field; !rest.empty();) {
    std::string_view parameters = take_until(rest, ',');
    const std::string_view coding = trim(take_until(parameters, ';'));
    const auto weight = parse_weight(parameters);
    if (!weight) continue;
    if (coding == "*") any = *weight * 2;
    if (const auto place = place_of(coding)) {
      named[*place] = true;
      weights_[*place] = *weight * 2;
    }
  }
  if (!any) return;
  for (std::size_t i = 0; i < kCodings; ++i)
    if (!named[i]) weights_[i] = *any;
}

}  // namespace docteur::cache_vm
