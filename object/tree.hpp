#pragma once
// Tree objects (gitformat of a tree: `git help hash-object`, "[mode] [name]\0[raw id]"). Guest-safe.

#include <array>
#include <cstdint>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"
#include "object/path_rules.hpp"

namespace docteur {

enum class entry_kind : std::uint8_t { file, executable, symlink, directory, submodule };

[[nodiscard]] constexpr std::string_view name(entry_kind kind) noexcept {
  switch (kind) {
    case entry_kind::file: return "file";
    case entry_kind::executable: return "executable";
    case entry_kind::symlink: return "symlink";
    case entry_kind::directory: return "directory";
    case entry_kind::submodule: return "submodule";
  }
  return "";
}

[[nodiscard]] constexpr bool is_file(entry_kind kind) noexcept {
  return kind == entry_kind::file || kind == entry_kind::executable;
}

// The mode that Git writes for a kind, octal: 100644, 100755, 120000, 40000, 160000.
[[nodiscard]] constexpr std::uint32_t canonical_mode(entry_kind kind) noexcept {
  switch (kind) {
    case entry_kind::file: return 0100644;
    case entry_kind::executable: return 0100755;
    case entry_kind::symlink: return 0120000;
    case entry_kind::directory: return 0040000;
    case entry_kind::submodule: return 0160000;
  }
  return 0;
}

struct tree_entry {
  entry_kind kind;
  std::uint32_t mode;     // as written; old trees have modes outside the canonical five, e.g. 100664
  bool zero_padded;       // the mode was written with a leading zero, as some old tools did
  std::string_view name;  // is in the tree's bytes
  oid id;
};

// Order of names in a tree: bytewise, with a directory's name compared as if it ended in '/' (base_name_compare in
// Git). Negative, zero or positive like memcmp; zero for equal names that are both of directories or both not.
[[nodiscard]] int compare_tree_names(std::string_view a, bool a_is_directory, std::string_view b,
                                     bool b_is_directory) noexcept;

// A set of prefixes of the current name, by their lengths.
class prefix_lengths {
 public:
  // Keeps the lengths up to `length`, which is at most kMaxEntryName.
  void cut(std::size_t length) noexcept {
    if (length / 64 >= used_) return;
    used_ = length / 64 + 1;
    words_[length / 64] &= ~std::uint64_t{0} >> (63 - length % 64);
  }
  void add(std::size_t length) noexcept {
    while (used_ <= length / 64) words_[used_++] = 0;
    words_[length / 64] |= std::uint64_t{1} << length % 64;
  }
  [[nodiscard]] bool has(std::size_t length) const noexcept {
    return length / 64 < used_ && (words_[length / 64] >> length % 64 & 1) != 0;
  }

 private:
  std::array<std::uint64_t, kMaxEntryName / 64 + 1> words_;  // only the first used_ count
  std::size_t used_ = 0;
};

// Reads the entries of one tree in order, and rejects unknown kinds of mode, bad names (object/path_rules.hpp), a
// .gitmodules that is not a file, wrong order, and duplicate names (also one name for both a file and a directory).
class tree_reader {
 public:
  // `content` must outlive the reader and the names it returns. `kind`: of its ids. `at`: of
  // `content` in the image, for messages.
  tree_reader(bytes content, hash_kind kind, std::uint64_t at = 0) noexcept : rest_(content, at), kind_(kind) {}

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
  // Only when !done().
  [[nodiscard]] result<tree_entry> next() noexcept;

 private:
  cursor rest_;
  hash_kind kind_;
  tree_entry last_{};
  bool has_last_ = false;
  // Other entries ("a-b") may stand between a file "a" and a directory "a", but all of them begin with "a". So the
  // prefixes of the current name that are files include every file whose name a later directory could repeat.
  prefix_lengths files_;
};

}  // namespace docteur
