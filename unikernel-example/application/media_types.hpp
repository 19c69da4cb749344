#pragma once
// Media types by file name. The table is generated at build time from media_types.list and /etc/mime.types
// (media_types.cmake).

#include <string_view>

#include "unikernel-example/application/text_signs.hpp"

namespace docteur::cache_vm {

// A media type, and its form for UTF-8 content: with charset=utf-8 if the type has that parameter. Static storage.
struct media {
  std::string_view plain;
  std::string_view in_utf8;

  [[nodiscard]] bool has_charset() const noexcept { return in_utf8.size() > plain.size(); }
};

inline constexpr media kUnknownMedia{"application/octet-stream", "application/octet-stream"};

// By the last extension, ignoring case.
[[nodiscard]] media media_of(std::string_view file_name) noexcept;

// The value of Content-Type. The charset parameter would override an encoding that the content itself names, and is
// then left out.
[[nodiscard]] std::string_view content_type(const media& of, const text_signs& signs) noexcept;

}  // namespace docteur::cache_vm
