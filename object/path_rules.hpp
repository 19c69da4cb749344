#pragma once
// What the name of a tree entry may be: one place, shared by make, verify, reader and HTTP. Guest-safe.
// The rules are those of `git fsck` (fsck.c, messages hasDot, hasDotdot, hasDotgit, fullPathname, emptyName).

#include <cstddef>
#include <string_view>

namespace docteur {

// Bytes of the longest name. Git warns of longer ones (fsck, largePathname), and no file system holds them.
inline constexpr std::size_t kMaxEntryName = 4096;

// nullptr when `name` is a good name for a tree entry, else a static text that says why not: empty, too long,
// ".", "..", a '/' or NUL inside, or ".git" as HFS+ or NTFS would see it (any case, ignorable code points, "git~1",
// trailing dots and spaces, ':' streams, behind a backslash).
[[nodiscard]] const char* bad_entry_name(std::string_view name) noexcept;

// The same of a name that is known to be plain: without '/', NUL and backslash.
[[nodiscard]] const char* bad_plain_name(std::string_view name) noexcept;

// Whether one of the parts of `text` between any of `separators` is "..".
[[nodiscard]] bool has_parent_part(std::string_view text, std::string_view separators) noexcept;

// Whether Git takes an entry of this name for .gitmodules or .gitattributes, also as HFS+ or NTFS would see it (short
// names such as "gitmod~1" and "gi7eba~1", behind a backslash). The first decides what is fetched from where, so it
// must be a file (fsck.c, messages gitmodulesSymlink, gitmodulesBlob, gitmodulesMissing).
[[nodiscard]] bool stands_for_gitmodules(std::string_view name) noexcept;
[[nodiscard]] bool stands_for_gitattributes(std::string_view name) noexcept;

// The text for an entry that stands_for_gitmodules() and is no file.
inline constexpr const char* kGitmodulesIsNoFile = "an entry that stands for .gitmodules is no file";

}  // namespace docteur
