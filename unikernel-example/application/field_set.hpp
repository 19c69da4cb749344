#pragma once
// Fields of one response that are not the server's own.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {

[[nodiscard]] inline bool has_name(std::span<const std::string_view> some, std::string_view name) noexcept {
  return std::ranges::any_of(some, [name](std::string_view one) { return equal_ignoring_case(one, name); });
}

// The fields that rules give to one response, and those of the server's own that they remove. Most values are views of
// the rules, which outlive it. It is filled again and again, and keeps its memory.
class field_set {
 public:
  struct field {
    std::string_view name, value;
    std::string made{};  // the value, if it is none of the rules'
    [[nodiscard]] std::string_view text() const noexcept { return made.empty() ? value : made; }
  };

  void clear() noexcept;
  // Of a name that was set before, except Set-Cookie, the values are joined by ", " (RFC 9110, section 5.2).
  void add(std::string_view name, std::string_view value);
  void add_made(std::string_view name, std::string value);
  void remove(std::string_view name);

  // Whether the server's own field of this name is left out of a response with `status`. A rule about caching is about
  // content, not about its absence: it has no effect on statuses from 400 on.
  [[nodiscard]] bool replaces(std::string_view name, int status) const noexcept;
  [[nodiscard]] static bool is_sent(const field& f, int status) noexcept;
  [[nodiscard]] const std::vector<field>& fields() const noexcept { return fields_; }
  // The media type that a rule gives to a file; "": none does.
  [[nodiscard]] std::string_view content_type() const noexcept { return content_type_; }
  [[nodiscard]] bool is_empty() const noexcept { return fields_.empty() && removed_.empty() && content_type_.empty(); }

 private:
  [[nodiscard]] field* find(std::string_view name) noexcept;
  std::vector<field> fields_;
  std::vector<std::string_view> removed_;
  std::string content_type_;
};

}  // namespace docteur::cache_vm
