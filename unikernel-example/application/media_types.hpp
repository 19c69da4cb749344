#pragma once
// Content types by file name. The table is made when the program is built, from /etc/mime.types (media_types.cmake).

#include <string_view>

namespace docteur::cache_vm {

// By the last extension, in any case; text comes with charset=utf-8. "application/octet-stream" when nothing is known.
// Static storage.
[[nodiscard]] std::string_view media_type(std::string_view file_name) noexcept;

}  // namespace docteur::cache_vm
