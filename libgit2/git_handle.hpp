#pragma once
// Handles that free libgit2's objects, its settings, and its errors as text. Hosted.

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
using config_handle = std::unique_ptr<git_config, git_free<git_config_free>>;

// Starts libgit2 once for the program, with these settings for all of it:
// - no configuration from outside the repository, so that the same repository gives the same image everywhere;
// - no hashing of what it reads (the PACK writer compares every object with its id), and no cache of it.
void start_libgit2();

// Printable; libgit2 keeps the last error of each thread.
[[nodiscard]] std::string git_error_text();
// Sets the error that libgit2 reports when a callback fails.
void set_git_error(const std::string& text);

[[nodiscard]] oid from_git(const git_oid& id) noexcept;

}  // namespace docteur
