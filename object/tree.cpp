#include "object/tree.hpp"

#include <algorithm>

#include "object/path_rules.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kKindMask = 0170000;
constexpr std::uint32_t kMaxMode = 0177777;

result<entry_kind> kind_of(std::uint32_t mode, std::uint64_t at) noexcept {
  switch (mode & kKindMask) {
    case 0100000: return (mode & 0100) != 0 ? entry_kind::executable : entry_kind::file;
    case 0120000: return entry_kind::symlink;
    case 0040000: return entry_kind::directory;
    case 0160000: return entry_kind::submodule;
    default: return fail(errc::malformed, at, "unknown kind of tree entry");
  }
}

// Checks the syntax only: mode, space, name, NUL, id.
result<tree_entry> take_entry(cursor& from, hash_kind kind) noexcept {
  const std::uint64_t at = from.at();
  const std::string_view text = as_text(from.rest());
  tree_entry e{};
  std::size_t n = 0;
  for (; n < text.size() && text[n] != ' '; ++n) {
    if (text[n] < '0' || text[n] > '7' || n == 7) return fail(errc::malformed, at, "bad mode of a tree entry");
    e.mode = e.mode << 3 | static_cast<std::uint32_t>(text[n] - '0');
  }
  if (n == 0 || e.mode > kMaxMode) return fail(errc::malformed, at, "bad mode of a tree entry");
  const std::size_t nul = text.find('\0', n);
  if (nul == std::string_view::npos) return fail(errc::truncated, at, "tree entry is cut short");
  e.zero_padded = text[0] == '0';
  e.name = first(drop(text, n + 1), nul - n - 1);
  DOCTEUR_TRY(head, from.take(nul + 1));
  (void)head;
  DOCTEUR_TRY(id, from.take(id_size(kind)));
  e.id = oid::from(id.data(), kind);
  DOCTEUR_TRY(entry, kind_of(e.mode, at));
  e.kind = entry;
  return e;
}

}  // namespace

int compare_tree_names(std::string_view a, bool a_is_directory, std::string_view b, bool b_is_directory) noexcept {
  const std::size_t common = std::min(a.size(), b.size());
  if (const int c = first(a, common).compare(first(b, common)); c != 0) return c;
  const auto next = [common](std::string_view s, bool is_directory) -> int {
    if (s.size() > common) return static_cast<unsigned char>(s[common]);
    return is_directory ? '/' : 0;
  };
  return next(a, a_is_directory) - next(b, b_is_directory);
}

result<tree_entry> tree_reader::next() noexcept {
  const std::uint64_t at = rest_.at();
  DOCTEUR_TRY(e, take_entry(rest_, kind_));
  if (const char* why = bad_entry_name(e.name)) return fail(errc::malformed, at, why);
  const bool is_directory = e.kind == entry_kind::directory;
  if (!is_file(e.kind) && stands_for_gitmodules(e.name)) return fail(errc::malformed, at, kGitmodulesIsNoFile);
  if (has_last_) {
    const int c = compare_tree_names(last_.name, last_.kind == entry_kind::directory, e.name, is_directory);
    if (c == 0) return fail(errc::malformed, at, "duplicate name in a tree");
    if (c > 0) return fail(errc::malformed, at, "tree entries are not in order");
  }
  const auto parted = std::mismatch(e.name.begin(), e.name.end(), last_.name.begin(), last_.name.end());
  files_.cut(static_cast<std::size_t>(parted.first - e.name.begin()));
  if (!is_directory) {
    files_.add(e.name.size());
  } else if (files_.has(e.name.size())) {
    return fail(errc::malformed, at, "duplicate name in a tree");
  }
  last_ = e;
  has_last_ = true;
  return e;
}

}  // namespace docteur
