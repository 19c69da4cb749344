#include "source/repository/reference_rules.hpp"

#include "base/printable.hpp"
#include "libgit2/git_handle.hpp"

namespace docteur {

bool is_reference_name(const std::string& name) {
  start_libgit2();
  int valid = 0;
  return git_reference_name_is_valid(&valid, name.c_str()) == 0 && valid != 0;
}

bool is_of_worktree(std::string_view name) {
  return !name.starts_with("refs/") || name.starts_with("refs/worktree/") || name.starts_with("refs/bisect/") ||
         name.starts_with("refs/rewritten/");
}

outcome<void> check_revision_name(const std::string& name) {
  if (is_reference_name("refs/heads/" + name)) return {};
  return give_up(blame::usage, printable(name) +
                                   ": is neither a reference nor a commit id; expressions such as HEAD~1 are not "
                                   "supported");
}

}  // namespace docteur
