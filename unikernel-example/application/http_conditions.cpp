#include "unikernel-example/application/http_conditions.hpp"

#include <algorithm>

#include "unikernel-example/application/http_date.hpp"
#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

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

}  // namespace

entity_tag::entity_tag(const oid& id, coding form) noexcept : text_{} {
  const oid_hex hex = to_hex(id);
  char* to = text_.data();
  *to++ = '"';
  to = std::ranges::copy(hex, to).out;
  if (form == coding::deflate) to = std::ranges::copy(std::string_view("-deflate"), to).out;
  *to++ = '"';
  size_ = static_cast<std::size_t>(to - text_.data());
}

bool tag_matches(std::string_view list, std::string_view tag, comparison how) noexcept {
  if (trim(list) == "*") return true;
  for (;;) {
    while (!list.empty() && (list[0] == ' ' || list[0] == '\t' || list[0] == ',')) list.remove_prefix(1);
    const bool is_weak = list.starts_with("W/");
    if (is_weak) list.remove_prefix(2);
    if (list.empty() || list[0] != '"') return false;
    const std::size_t end = list.find('"', 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(0, end + 1) == tag && (!is_weak || how == comparison::weak)) return true;
    list.remove_prefix(end + 1);
  }
}

precondition evaluate_conditions(const http_request& r, std::string_view tag, std::optional<std::int64_t> modified,
                                 std::int64_t now) noexcept {
  if (r.if_match) {
    if (!tag_matches(*r.if_match, tag, comparison::strong)) return precondition::failed;
  } else if (r.if_unmodified_since && modified) {
    const auto date = parse_http_date(*r.if_unmodified_since, now);
    if (date && *modified > *date) return precondition::failed;
  }
  if (r.if_none_match)
    return tag_matches(*r.if_none_match, tag, comparison::weak) ? precondition::not_modified : precondition::proceed;
  if (r.if_modified_since && modified) {
    const auto date = parse_http_date(*r.if_modified_since, now);
    if (date && *modified == *date) return precondition::not_modified;
  }
  return precondition::proceed;
}

coding choose_coding(const http_request& r, const oid& id) noexcept {
  if (!r.accept_encoding || !accepts_deflate(*r.accept_encoding)) return coding::identity;
  const auto has = [&](coding form) {
    return r.if_match && tag_matches(*r.if_match, entity_tag(id, form).view(), comparison::strong);
  };
  return has(coding::identity) && !has(coding::deflate) ? coding::identity : coding::deflate;
}

std::optional<coding> coding_of_range(const http_request& r, const oid& id, coding chosen) noexcept {
  if (!r.range || r.method != http_method::get) return std::nullopt;
  const entity_tag plain(id, coding::identity);
  if (r.if_range) {
    if (*r.if_range == plain.view()) return coding::identity;
    if (chosen == coding::deflate && *r.if_range == entity_tag(id, chosen).view()) return chosen;
    return std::nullopt;
  }
  if (r.if_match && !tag_matches(*r.if_match, plain.view(), comparison::strong)) return chosen;
  return coding::identity;
}

bool accepts_deflate(std::string_view accept_encoding) noexcept {
  std::optional<unsigned> deflate;
  std::optional<unsigned> identity;
  std::optional<unsigned> any;
  while (!accept_encoding.empty()) {
    std::string_view parameters = take_until(accept_encoding, ',');
    const std::string_view name = trim(take_until(parameters, ';'));
    const auto weight = parse_weight(parameters);
    if (!weight) continue;
    if (equal_ignoring_case(name, "deflate")) deflate = *weight;
    if (equal_ignoring_case(name, "identity")) identity = *weight;
    if (name == "*") any = *weight;
  }
  const unsigned wanted = deflate.value_or(any.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

}  // namespace docteur::cache_vm
