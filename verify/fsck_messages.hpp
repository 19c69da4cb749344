#pragma once
// What git's fsck (fsck.c, `git help fsck`) says of commits and tags that can be read all the same. Hosted.
//
// Where git's releases differ the strictest counts: without a message here, none of them refuses.

#include <string_view>

namespace docteur {

// The first of its messages, such as "multipleAuthors"; nullptr when there is none. `content`: of an object that
// parse_commit(), parse_tag() takes.
[[nodiscard]] const char* fsck_message_of_commit(std::string_view content);
[[nodiscard]] const char* fsck_message_of_tag(std::string_view content);

// The same of the content of a .gitmodules, and of a .gitattributes.
[[nodiscard]] const char* fsck_message_of_gitmodules(std::string_view content);
[[nodiscard]] const char* fsck_message_of_gitattributes(std::string_view content);

}  // namespace docteur
