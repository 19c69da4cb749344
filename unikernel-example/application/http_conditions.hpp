#pragma once
// Entity tags, conditional requests (RFC 9110, section 13), and Accept-Encoding (section 12.5.3).

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "object/oid.hpp"
#include "unikernel-example/application/http_request.hpp"

namespace docteur::cache_vm {

enum class coding : std::uint8_t { identity, deflate };

// A strong tag, with its quotes: "<oid>" for the blob, "<oid>-deflate" for its zlib stream.
class entity_tag {
 public:
  entity_tag(const oid& id, coding form) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, kMaxHexSize + 10> text_;
  std::size_t size_;
};

enum class comparison { strong, weak };
// Whether `list`, the value of a field, contains `tag` or is "*". A malformed list counts up to its first fault.
[[nodiscard]] bool tag_matches(std::string_view list, std::string_view tag, comparison how) noexcept;

enum class precondition { proceed, not_modified, failed };
// Evaluates in the order of section 13.2.2, as if there were no Range (section 14.2). If-Modified-Since must equal
// Last-Modified, as section 13.1.3 permits: any other date, later or earlier, belongs to another version. `modified`:
// nullopt for a representation without a date; conditions on a date are then ignored. `now`: to complete two-digit
// years. Both in seconds since 1970 UTC.
[[nodiscard]] precondition evaluate_conditions(const http_request& r, std::string_view tag,
                                               std::optional<std::int64_t> modified, std::int64_t now) noexcept;

// The representation that a request selects of an object that has a coded form: the coded one if it is accepted, unless
// If-Match names the plain one only.
[[nodiscard]] coding choose_coding(const http_request& r, const oid& id) noexcept;

// The representation that the Range field refers to, when `chosen` is the one sent without it; nullopt when the Range
// is ignored. If-Range or If-Match names it. Otherwise it is the plain content, which clients without a tag mean. A
// date never satisfies If-Range: two versions of an image may share a date, so it is not a strong validator
// (section 13.1.5).
[[nodiscard]] std::optional<coding> coding_of_range(const http_request& r, const oid& id, coding chosen) noexcept;

// Whether deflate is acceptable and weighs at least as much as identity.
[[nodiscard]] bool accepts_deflate(std::string_view accept_encoding) noexcept;

}  // namespace docteur::cache_vm
