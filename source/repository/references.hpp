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

// The value of one reference.
struct reference_value {
  std::optional<oid> id;
  std::string target;  // the target of a symbolic reference; it may be absent or not a valid name
};

// Implementations differ in how references are stored (git-config(1), "extensions.refStorage").
class references {
 public:
  references() = default;
  references(const references&) = delete;
  references& operator=(const references&) = delete;
  virtual ~references() = default;

  // The values of `names`, in their order: full names that is_reference_name() accepts. nullopt means that there is no
  // such reference, and nothing else: what is damaged or cannot be read is a failure that names it relative to the
  // repository's folder ("packed-refs: ...").
  [[nodiscard]] virtual outcome<std::vector<std::optional<reference_value>>> read(
      std::span<const std::string> names) const = 0;
};

// References in files (git's "files"). `folder`: the repository's, or the linked worktree's; `common_folder`: the
// repository's.
[[nodiscard]] std::unique_ptr<references> references_in_files(std::string folder, std::string common_folder,
                                                              hash_kind kind);

// References in tables: "reftable" of git, with the same parameters. FETCH_HEAD and MERGE_HEAD are files there, too.
[[nodiscard]] std::unique_ptr<references> references_in_reftable(std::string folder, std::string common_folder,
                                                                 hash_kind kind);

struct followed_reference {
  std::string name;       // of the last reference on the way
  std::optional<oid> id;  // nullopt: that reference does not exist
};

// Follows symbolic references from `name`, whose value is `value`, to an id. Too many of them, or one that points to an
// invalid name, is blame::input.
[[nodiscard]] outcome<followed_reference> follow(const references& all, const std::string& name, reference_value value);

}  // namespace docteur
