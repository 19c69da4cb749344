#pragma once
// Entity tags and the fields that compare them (RFC 9110, section 13), and Accept-Encoding (12.5.3).

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "object/oid.hpp"
#include "unikernel-example/application/http_request.hpp"

namespace docteur::cache_vm {

enum class coding : std::uint8_t { identity, deflate };

// A strong tag: "<oid>" of the blob, "<oid>-deflate" of its zlib stream, quotes included.
class entity_tag {
 public:
  entity_tag(const oid& id, coding form) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, kMaxHexSize + 10> text_;
  std::size_t size_;
};

enum class comparison { strong, weak };
// Whether `tag` is one of a field's list, or that is "*". A list that is badly written matches up to where it is good.
[[nodiscard]] bool tag_matches(std::string_view list, std::string_view tag, comparison how) noexcept;

enum class precondition { proceed, not_modified, failed };
// In the order of section 13.2.2, as if there were no Range (section 14.2). If-Modified-Since holds only for the very
// date that Last-Modified has (section 13.1.3 permits it): another one is of another version, be it later or not.
// `modified`: nullopt for what has no date, then conditions on one do not count. `now`: for dates with two digits of a
// year.
[[nodiscard]] precondition evaluate_conditions(const http_request& r, std::string_view tag,
                                               std::optional<std::int64_t> modified, std::int64_t now) noexcept;

// The representation of what has a coded form that is answered with when nothing but fields of the request decide:
// coded where that is accepted, but for a client that says by If-Match that it has the other.
[[nodiscard]] coding choose_coding(const http_request& r, const oid& id) noexcept;

// Of which representation a Range field wants parts, where a client gets `chosen` without it; nullopt when it does not
// count. If-Range names it, or If-Match; else it is the content itself, which is what clients without a tag mean. A
// date never satisfies If-Range: two versions of an image may share one, so it is not strong (section 13.1.5).
[[nodiscard]] std::optional<coding> coding_of_range(const http_request& r, const oid& id, coding chosen) noexcept;

// Whether deflate is acceptable and not less wanted than no coding at all.
[[nodiscard]] bool accepts_deflate(std::string_view accept_encoding) noexcept;

}  // namespace docteur::cache_vm
