#include "object/path_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "object/bytes.hpp"

namespace docteur {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_folded(std::string_view text, std::string_view lower_case) noexcept {
  if (text.size() < lower_case.size()) return false;
  for (std::size_t i = 0; i < lower_case.size(); ++i)
    if (lower(text[i]) != lower_case[i]) return false;
  return true;
}

// Bytes of the code point at the start of `text` if HFS+ ignores it in names, else 0. Ignored are U+200C..U+200F,
// U+202A..U+202E, U+206A..U+206F, U+FEFF, all of three UTF-8 bytes.
std::size_t ignorable_on_hfs(std::string_view text) noexcept {
  if (text.size() < 3) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (at(0) == 0xef) return at(1) == 0xbb && at(2) == 0xbf ? 3 : 0;
  if (at(0) != 0xe2) return 0;
  if (at(1) == 0x80) return (at(2) >= 0x8c && at(2) <= 0x8f) || (at(2) >= 0xaa && at(2) <= 0xae) ? 3 : 0;
  return at(1) == 0x81 && at(2) >= 0xaa && at(2) <= 0xaf ? 3 : 0;
}

// Whether the whole name equals `lower_case`, apart from case and code points that HFS+ ignores.
bool is_same_on_hfs(std::string_view name, std::string_view lower_case) noexcept {
  std::size_t matched = 0;
  while (!name.empty()) {
    if (const std::size_t skip = ignorable_on_hfs(name); skip > 0) {
      name.remove_prefix(skip);
      continue;
    }
    if (matched == lower_case.size() || lower(name.front()) != lower_case[matched]) return false;
    ++matched;
    name.remove_prefix(1);
  }
  return matched == lower_case.size();
}

// NTFS drops trailing dots and spaces, takes what follows ':' for the name of a stream, and also finds .git by its
// short name.
bool is_dot_git_on_ntfs(std::string_view name) noexcept {
  if (starts_with_folded(name, ".git")) {
    name.remove_prefix(4);
  } else if (starts_with_folded(name, "git~1")) {
    name.remove_prefix(5);
  } else {
    return false;
  }
  for (const char c : name) {
    if (c == '\\' || c == ':') return true;
    if (c != '.' && c != ' ') return false;
  }
  return true;
}

// The names of one file that Git reads by its name.
struct special_name {
  std::string_view name;        // in lower case
  std::string_view short_name;  // its first six characters without the dot
  std::string_view hashed;      // what NTFS uses when too many names begin alike: two of those characters and a hash
};
constexpr special_name kGitmodules{".gitmodules", "gitmod", "gi7eba"};
constexpr special_name kGitattributes{".gitattributes", "gitatt", "gi7d29"};

// "gi7eba~1" to "g~9999999": eight characters, all digits after the '~', the first of them not zero.
bool is_hashed_short_name(std::string_view name, std::string_view hashed) noexcept {
  if (name.size() < 8) return false;
  const std::size_t tilde = first(name, 8).find('~');
  if (tilde > hashed.size() || !starts_with_folded(name, first(hashed, tilde)) || name[tilde + 1] == '0') return false;
  for (const char c : first(drop(name, tilde + 1), 7 - tilde))
    if (c < '0' || c > '9') return false;
  return true;
}

bool is_same_on_ntfs(std::string_view name, const special_name& what) noexcept {
  const auto tail_is_dropped = [](std::string_view tail) {
    for (const char c : tail) {
      if (c == ':') return true;
      if (c != '.' && c != ' ') return false;
    }
    return true;
  };
  if (starts_with_folded(name, what.name)) return tail_is_dropped(drop(name, what.name.size()));
  if (name.size() >= 8 && starts_with_folded(name, what.short_name) && name[6] == '~' && name[7] >= '1' &&
      name[7] <= '4')
    return tail_is_dropped(drop(name, 8));
  return is_hashed_short_name(name, what.hashed) && tail_is_dropped(drop(name, 8));
}

bool stands_for(std::string_view name, const special_name& what) noexcept {
  // The first byte must be '.', a letter or '~' of a short name, or the start of a code point that HFS+ ignores.
  const auto may = [](std::string_view s) {
    return !s.empty() && (s.front() == '.' || s.front() == '~' || lower(s.front()) == 'g');
  };
  if ((may(name) && is_same_on_ntfs(name, what)) || is_same_on_hfs(name, what.name)) return true;
  for (std::size_t at = name.find('\\'); at != std::string_view::npos; at = name.find('\\', at + 1))
    if (const std::string_view behind = drop(name, at + 1); may(behind) && is_same_on_ntfs(behind, what)) return true;
  return false;
}

constexpr std::uint64_t kEach = 0x0101010101010101;

// The highest bit of some byte is set exactly if one of the 8 bytes is 0 (Warren, Hacker's Delight, 6-1).
constexpr std::uint64_t has_zero(std::uint64_t v) noexcept { return (v - kEach) & ~v & kEach << 7; }

// Whether the name has no '/', NUL or backslash. Attaching checks each path, so this takes eight bytes at a time.
bool has_only_plain_bytes(std::string_view name) noexcept {
  const auto plain = [](std::uint64_t v) {
    return (has_zero(v) | has_zero(v ^ kEach * '/') | has_zero(v ^ kEach * '\\')) == 0;
  };
  const auto load = [&]<class T>(T v, std::size_t at) {
    std::memcpy(&v, name.data() + at, sizeof v);
    return v;
  };
  const std::size_t n = name.size();
  if (n < 4) {
    for (const char c : name)
      if (c == '/' || c == '\0' || c == '\\') return false;
    return true;
  }
  if (n < 8) return plain(std::uint64_t{load(std::uint32_t{}, 0)} << 32 | load(std::uint32_t{}, n - 4));
  for (std::size_t i = 0; i + 8 <= n; i += 8)
    if (!plain(load(std::uint64_t{}, i))) return false;
  return plain(load(std::uint64_t{}, n - 8));
}

// Whether a name that stands for .git may begin with this byte: '.', the g of "git~1", or the start of a code point
// that HFS+ ignores.
constexpr bool may_stand_for_git(char c) noexcept { return c == '.' || lower(c) == 'g' || c == '\xe2' || c == '\xef'; }

}  // namespace

const char* bad_plain_name(std::string_view name) noexcept {
  if (name.empty()) return "an entry name is empty";
  if (name.size() > kMaxEntryName) return "an entry name is longer than 4096 bytes";
  if (!may_stand_for_git(name.front())) return nullptr;
  if (name == ".") return "an entry is named \".\"";
  if (name == "..") return "an entry is named \"..\"";
  return is_same_on_hfs(name, ".git") || is_dot_git_on_ntfs(name) ? "an entry name stands for .git" : nullptr;
}

const char* bad_entry_name(std::string_view name) noexcept {
  if (!has_only_plain_bytes(name)) {
    if (name.find('/') != std::string_view::npos) return "an entry name contains '/'";
    if (name.find('\0') != std::string_view::npos) return "an entry name contains NUL";
    for (std::size_t at = name.find('\\'); at != std::string_view::npos; at = name.find('\\', at + 1))
      if (is_dot_git_on_ntfs(drop(name, at + 1))) return "an entry name stands for .git";
  }
  return bad_plain_name(name);
}

bool has_parent_part(std::string_view text, std::string_view separators) noexcept {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    if (text.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

bool stands_for_gitmodules(std::string_view name) noexcept { return stands_for(name, kGitmodules); }

bool stands_for_gitattributes(std::string_view name) noexcept { return stands_for(name, kGitattributes); }

}  // namespace docteur
