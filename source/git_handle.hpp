#pragma once
// libgit2's objects free themselves, its settings are ours, its errors become text. Hosted.

#include <git2.h>

#include <memory>
#include <string>

#include "object/oid.hpp"

namespace docteur {

template <auto Free>
struct git_free {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using repository_handle = std::unique_ptr<git_repository, git_free<git_repository_free>>;
using reference_handle = std::unique_ptr<git_reference, git_free<git_reference_free>>;
using config_handle = std::unique_ptr<git_config, git_free<git_config_free>>;

// Starts libgit2 once for the program, with these settings for all of it:
// - no owner check (git's safe.directory): that guards against a repository whose configuration makes git run
//   programs (hooks, fsmonitor, filters). Nothing of a repository is run here, it is only read, and images of
//   repositories that belong to a service's user are an ordinary wish;
// - no configuration from outside of the repository, so that the same repository gives the same image everywhere;
// - no hashing of what it reads (the PACK writer compares every object with its id), and no cache of it;
// - repository extensions that do not matter for reading (gitrepository-layout, "extensions") are accepted.
void start_libgit2();

// Printable; libgit2 keeps the last error of each thread.
[[nodiscard]] std::string git_error_text();
// For callbacks that fail: what libgit2 says then.
void set_git_error(const std::string& text);

// Where its objects lie: a linked worktree has those of the main one.
[[nodiscard]] std::string objects_folder(git_repository* repository);

[[nodiscard]] oid from_git(const git_oid& id) noexcept;

}  // namespace docteur
