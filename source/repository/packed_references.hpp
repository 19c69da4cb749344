#pragma once
// `packed-refs` of a repository (git-pack-refs(1), and git's refs/packed-backend.c):
//
// # pack-refs with: peeled fully-peeled sorted ID NAME ^ID of the object that the annotated tag before it leads to
//
// Hosted; memory does not grow with the file.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

// Bytes of the longest line: an id and the name of a reference, which file systems limit to a few thousand.
inline constexpr std::size_t kMostPackedLine = 64 * 1024;

// Searches the text of the file, which comes in pieces, for names. The whole file is checked, as git does before it
// lists references: a file that is cut or damaged anywhere proves no absence. Failures are blame::input and continue
// "packed-refs: ...".
class packed_reference_search {
 public:
  // `names`: full names, which must outlive this object.
  packed_reference_search(std::span<const std::string> names, hash_kind kind)
      : names_(names), kind_(kind), found_(names.size()) {}

  [[nodiscard]] outcome<void> take(std::string_view text);
  // After the last piece: the ids of `names`, in their order.
  [[nodiscard]] outcome<std::vector<std::optional<oid>>> finish();

 private:
  outcome<void> take_line(std::string_view line);

  std::span<const std::string> names_;
  hash_kind kind_;
  std::vector<std::optional<oid>> found_;
  std::string begun_;  // the start of a line that is not complete yet
  std::size_t line_ = 0;
  bool may_peel_ = false;  // after a reference
};

}  // namespace docteur
