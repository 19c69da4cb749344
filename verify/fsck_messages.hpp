#pragma once
// The messages of git's fsck (fsck.c, `git help fsck`) for objects that readers accept. Hosted.
//
// Where releases of git differ, these are the messages of the strictest: an object without a message passes in all.

#include <cstdint>
#include <string_view>

namespace docteur {

// Return the first message, a static text such as "multipleAuthors"; nullptr if there is none. `content`: of an object
// that parse_commit() or parse_tag() accepts.
[[nodiscard]] const char* fsck_message_of_commit(std::string_view content);
[[nodiscard]] const char* fsck_message_of_tag(std::string_view content);

// Git reads no larger .gitmodules and .gitattributes: "gitmodulesLarge", "gitattributesLarge".
inline constexpr std::uint64_t kMostSpecialFile = std::uint64_t{100} << 20;  // bytes

// The same for the content of a .gitmodules and of a .gitattributes, of at most kMostSpecialFile bytes.
[[nodiscard]] const char* fsck_message_of_gitmodules(std::string_view content);
[[nodiscard]] const char* fsck_message_of_gitattributes(std::string_view content);

}  // namespace docteur
