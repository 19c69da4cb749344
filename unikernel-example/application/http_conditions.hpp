#pragma once
// Entity tags, and conditional requests (RFC 9110, section 13).

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "object/oid.hpp"
#include "unikernel-example/application/http_codings.hpp"
#include "unikernel-example/application/http_request.hpp"

namespace docteur::cache_vm {

// A strong tag, with its quotes. "<oid>": the blob. "<oid>-br": the blob, which is the coded form of another (a file
// beside). "<oid>-gzip-<crc>": the blob's gzip form of this CRC-32: the same blob may be stored as another stream in
// another image, or be coded by another version of this program, and ranges of two streams must not be put together.
class entity_tag {
 public:
  explicit entity_tag(const oid& id, coding form = coding::identity) noexcept;
  entity_tag(const oid& id, coding form, std::uint32_t crc) noexcept;
  [[nodiscard]] std::string_view view() const& noexcept { return {text_.data(), size_}; }
  std::string_view view() const&& = delete;  // it would outlive the text

 private:
  static constexpr std::size_t kMostSuffix = 1 + 8 + 1 + 8;  // "-identity-01234567"
  void append(std::string_view text) noexcept;

  std::array<char, 1 + kMaxHexSize + kMostSuffix + 1> text_;
  std::size_t size_ = 0;
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

// Whether If-Match, If-None-Match or the If-Range of a Range names `tag`, other than by "*": the client has this
// representation, or a part of it.
[[nodiscard]] bool names_tag(const http_request& r, std::string_view tag) noexcept;
// Whether such a field holds `text` at all, which is quicker to find out.
[[nodiscard]] bool mentions(const http_request& r, std::string_view text) noexcept;

}  // namespace docteur::cache_vm
