#pragma once
// The references that a client of Git sees: HEAD, and for each version of the image the branch or tag that it was made
// from. Used by one loop.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/oid.hpp"
#include "object/result.hpp"

namespace docteur::cache_vm {

class site;

struct git_reference {
  std::string name;           // "refs/tags/v1"
  oid id;                     // of the commit, or of the annotated tag
  std::optional<oid> peeled;  // the commit that an annotated tag leads to
};

// Whether git allows this full name (git-check-ref-format(1)).
[[nodiscard]] bool is_git_reference(std::string_view name) noexcept;

class git_references {
 public:
  // Reads tags whose names the image's sections do not hold. A version without a reference is a branch of its name; a
  // name that git refuses gets none. Errors: those of the reader. Throws std::bad_alloc.
  [[nodiscard]] static result<git_references> load(site& s);

  // By name, HEAD first.
  [[nodiscard]] const std::vector<git_reference>& all() const noexcept { return all_; }
  // The branch that HEAD is; "": none, HEAD is just a commit.
  [[nodiscard]] std::string_view head_branch() const noexcept { return head_; }

  // The commits of the versions, ascending.
  [[nodiscard]] const std::vector<oid>& commits() const noexcept { return commits_; }
  // The number of the commit that `id` is, or leads to as a tag; nullopt for an id that is neither.
  [[nodiscard]] std::optional<std::size_t> commit_of(const oid& id) const noexcept;
  // The parents of commits()[number]; read when they are first asked for. Errors: those of the reader.
  [[nodiscard]] result<const std::vector<oid>*> parents(site& s, std::size_t number);

 private:
  void add(std::string name, const oid& id, std::optional<oid> peeled);
  [[nodiscard]] result<done> add_version(site& s, std::string_view name, std::string_view reference, const oid& commit,
                                         bytes tags);
  [[nodiscard]] result<done> add_tag_section(site& s);
  void choose_head(const oid& commit, std::string_view first_branch);

  std::vector<git_reference> all_;
  std::string head_;
  std::vector<oid> commits_;
  std::vector<std::optional<std::vector<oid>>> parents_;  // of commits_
  struct tag {
    oid id, commit;
  };
  std::vector<tag> tags_;  // ascending ids
};

}  // namespace docteur::cache_vm
