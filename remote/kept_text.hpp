#pragma once
// Short texts in a folder of the user's: read with a bound, replaced whole. Hosted.

#include <optional>
#include <string>
#include <string_view>

#include "host/cache/cache_folder.hpp"

namespace docteur {

inline constexpr std::size_t kMostKept = 64 << 10;  // bytes of one text

// The text in `file`, a name in the folder; nullopt if there is none that this user wrote, or it is empty or too long.
[[nodiscard]] std::optional<std::string> read_kept(const cache_folder& folder, const std::string& file);
// Writes `file` with mode 0600. Returns false, and leaves what was there, if that fails or the text is too long.
bool keep_text(const cache_folder& folder, const std::string& file, std::string_view text);

}  // namespace docteur
