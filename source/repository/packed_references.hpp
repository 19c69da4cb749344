#pragma once
// `packed-refs` of a repository (git-pack-refs(1), and git's refs/packed-backend.c):
//
//   # pack-refs with: peeled fully-peeled sorted
//   ID NAME
//   ^ID of what the annotated tag before it leads to
//
// Hosted; in memory that does not grow with the file.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

// Bytes of the longest line: an id and the name of a reference, which no file system holds beyond a few thousand.
inline constexpr std::size_t kMostPackedLine = 64 * 1024;

// Looks for names in the text of the file, which comes in pieces. All of it is checked, as git does before it lists
// references: in a file that is cut or damaged anywhere nothing is known to be absent. Failures are blame::input and
// continue "packed-refs: ...".
class packed_reference_search {
 public:
  // `names`: full ones. They must outlive this. `kind`: of the ids in the file.
  packed_reference_search(std::span<const std::string> names, hash_kind kind)
      : names_(names), kind_(kind), found_(names.size()) {}

  [[nodiscard]] outcome<void> take(std::string_view text);
  // The ids of `names`, in their order, after the last piece.
  [[nodiscard]] outcome<std::vector<std::optional<oid>>> finish();

 private:
  outcome<void> take_line(std::string_view line);

  std::span<const std::string> names_;
  hash_kind kind_;
  std::vector<std::optional<oid>> found_;
  std::string begun_;  // a line whose end has not come yet
  std::size_t line_ = 0;
  bool may_peel_ = false;  // after a reference
};

}  // namespace docteur
