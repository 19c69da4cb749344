#include "unikernel-example/application/http_conditions.hpp"

#include <algorithm>

#include "unikernel-example/application/http_date.hpp"
#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

[[nodiscard]] bool has_if_range(const http_request& r) noexcept {
  return r.range && r.if_range && r.method == http_method::get;
}

}  // namespace

entity_tag::entity_tag(const oid& id, coding form) noexcept : text_{} {
  const oid_hex hex = to_hex(id);
  append("\"");
  append({hex.data(), hex.size()});
  if (form != coding::identity) {
    append("-");
    append(name(form));
  }
  append("\"");
}

entity_tag::entity_tag(const oid& id, coding form, std::uint32_t crc) noexcept : entity_tag(id, form) {
  --size_;
  append("-");
  for (int shift = 28; shift >= 0; shift -= 4) append({&"0123456789abcdef"[crc >> shift & 15], 1});
  append("\"");
}

void entity_tag::append(std::string_view text) noexcept {
  std::ranges::copy(text, text_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += text.size();
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

bool names_tag(const http_request& r, std::string_view tag) noexcept {
  const auto lists = [tag](const std::optional<std::string_view>& field, comparison how) {
    return field && trim(*field) != "*" && tag_matches(*field, tag, how);
  };
  return lists(r.if_match, comparison::strong) || lists(r.if_none_match, comparison::weak) ||
         (has_if_range(r) && *r.if_range == tag);
}

bool mentions(const http_request& r, std::string_view text) noexcept {
  const auto holds = [text](const std::optional<std::string_view>& field) {
    return field && field->find(text) != std::string_view::npos;
  };
  return holds(r.if_match) || holds(r.if_none_match) || (has_if_range(r) && holds(r.if_range));
}

}  // namespace docteur::cache_vm
