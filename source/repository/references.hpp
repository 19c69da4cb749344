#pragma once
// The references of a repository (gitrepository-layout(5), gitrevisions(7)). Hosted, POSIX.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

// What one reference says.
struct reference_value {
  std::optional<oid> id;
  std::string target;  // the reference that a symbolic one points to; it may be absent or no good name
};

// How references are stored is the repository's choice (git-config(1), "extensions.refStorage").
class references {
 public:
  references() = default;
  references(const references&) = delete;
  references& operator=(const references&) = delete;
  virtual ~references() = default;

  // What `names` say, in their order: full names that is_reference_name() takes. Nothing stands for a
  // reference that is not there, and for nothing else: what is damaged or cannot be read is a failure that names it
  // from the repository's folder on ("packed-refs: ...").
  [[nodiscard]] virtual outcome<std::vector<std::optional<reference_value>>> read(
      std::span<const std::string> names) const = 0;
};

// References in files: "files" of git. `folder`: the repository's own, or that of a linked worktree, `common_folder`:
// the repository's, `kind`: of its ids.
[[nodiscard]] std::unique_ptr<references> references_in_files(std::string folder, std::string common_folder,
                                                              hash_kind kind);

struct followed_reference {
  std::string name;       // of the last one on the way
  std::optional<oid> id;  // nothing: it is not there
};

// From `value`, which is that of `name`, through symbolic references to an id. Too many of them, and those that point
// to no good name, are blame::input.
[[nodiscard]] outcome<followed_reference> follow(const references& all, const std::string& name, reference_value value);

}  // namespace docteur
