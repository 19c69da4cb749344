// Clones a repository with libgit2: libgit2_clone URL FOLDER, then fetches again. Prints the id of HEAD.

#include <git2.h>

#include <cstdio>

namespace {

int failed(const char* what) {
  const git_error* const e = git_error_last();
  std::fprintf(stderr, "%s: %s\n", what, e != nullptr ? e->message : "unknown");
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  git_libgit2_init();
  git_repository* repository = nullptr;
  if (git_clone(&repository, argv[1], argv[2], nullptr) != 0) return failed("clone");
  git_remote* origin = nullptr;
  if (git_remote_lookup(&origin, repository, "origin") != 0) return failed("origin");
  if (git_remote_fetch(origin, nullptr, nullptr, nullptr) != 0) return failed("fetch");
  git_oid head;
  if (git_reference_name_to_id(&head, repository, "HEAD") != 0) return failed("HEAD");
  char hex[GIT_OID_HEXSZ + 1] = {};
  git_oid_fmt(hex, &head);
  std::puts(hex);
  git_remote_free(origin);
  git_repository_free(repository);
  git_libgit2_shutdown();
  return 0;
}
