#pragma once
// The rules for names of tree entries, shared by make, verify, the reader and HTTP. Guest-safe.
// They are those of `git fsck` (fsck.c, messages hasDot, hasDotdot, hasDotgit, fullPathname, emptyName).

#include <cstddef>
#include <string_view>

namespace docteur {

// Bytes of the longest name. Git warns about longer ones (fsck, largePathname), and no file system stores them.
inline constexpr std::size_t kMaxEntryName = 4096;

// Returns nullptr if `name` may name a tree entry, else a static text with the reason: it is empty or too long, is "."
// or "..", contains '/' or NUL, or HFS+ or NTFS would take it for ".git" (any case, ignorable code points, "git~1",
// trailing dots and spaces, ':' streams, after a backslash).
[[nodiscard]] const char* bad_entry_name(std::string_view name) noexcept;

// The same for a name that is known to contain no '/', NUL or backslash.
[[nodiscard]] const char* bad_plain_name(std::string_view name) noexcept;

// Whether any part of `text` is ".." when it is split at each of `separators`.
[[nodiscard]] bool has_parent_part(std::string_view text, std::string_view separators) noexcept;

// Whether Git takes an entry of this name for .gitmodules or .gitattributes, including names that HFS+ or NTFS would
// take for it (short names such as "gitmod~1" and "gi7eba~1", after a backslash). .gitmodules decides what is fetched
// from where, so it must be a file (fsck.c, messages gitmodulesSymlink, gitmodulesBlob, gitmodulesMissing).
[[nodiscard]] bool stands_for_gitmodules(std::string_view name) noexcept;
[[nodiscard]] bool stands_for_gitattributes(std::string_view name) noexcept;

// The error text for an entry that stands_for_gitmodules() and is not a file.
inline constexpr const char* kGitmodulesIsNoFile = "an entry that stands for .gitmodules is not a file";

}  // namespace docteur
