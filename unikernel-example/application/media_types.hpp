#pragma once
// Content types by file name. The table is made when the program is built, from media_types.list and /etc/mime.types
// (media_types.cmake).

#include <string_view>

#include "unikernel-example/application/text_signs.hpp"

namespace docteur::cache_vm {

// A type, and the same for content in UTF-8: with charset=utf-8 where the type has such a parameter. Static storage.
struct media {
  std::string_view plain;
  std::string_view in_utf8;

  [[nodiscard]] bool has_charset() const noexcept { return in_utf8.size() > plain.size(); }
};

inline constexpr media kUnknownMedia{"application/octet-stream", "application/octet-stream"};

// By the last extension, in any case.
[[nodiscard]] media media_of(std::string_view file_name) noexcept;

// What Content-Type says of content. The parameter would overrule what the content says of itself: it is left out then.
[[nodiscard]] std::string_view content_type(const media& of, const text_signs& signs) noexcept;

}  // namespace docteur::cache_vm
