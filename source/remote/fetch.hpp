#pragma once
// Commits of a repository on another machine, fetched into a repository of our own. Hosted.
//
// If the program git is in PATH, it fetches: it uses the user's setup (ssh configuration, agent and known hosts,
// credential helpers, proxies, certificates) and fetches without history. Otherwise libgit2 does, with the URL's user
// and password, ssh-agent, and proxies from the environment; before version 1.7 it can only fetch with history. A
// server that cannot leave out history (one of plain files, for instance) is asked again, with history.
//
// No shell is involved. git runs with the user's environment and configuration, except for:
// - the variables that lead to another repository (`git rev-parse --local-env-vars`), which are removed;
// - GIT_ALLOW_PROTOCOL=http:https:ssh:git, or the part of it that the user's own value allows: no ext::, no other
//   helper, no file:// after a redirection or an insteadOf;
// - GIT_TERMINAL_PROMPT=0 and no terminal, unless stdin is one: git and ssh then prompt there as usual;
// - hooks, other tags, submodules, maintenance and bundle URIs, which `-c` and options turn off after the user's
//   configuration;
// - LC_ALL=C, because its messages are parsed. The user and password of an http(s) URL go into files of mode 0600 in
//   the private folder, where git's credential-store reads them; they are in no argument vector and no environment.
//   Other credential helpers are then neither asked nor given them. What a person types at git's prompt is kept there,
//   too, for another attempt, and removed when the fetch has ended.

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "base/private_folder.hpp"
#include "base/remote_address.hpp"
#include "object/oid.hpp"
#include "object/progress.hpp"

namespace docteur {

struct fetch_options {
  // Each a branch, a tag, a full reference, HEAD (also "@" or empty): git's rules in git's order, as resolve_revision()
  // applies them to a local repository, applied to the references that the server lists. Or a full commit id, if the
  // server serves commits by id. Servers know no short ids, and an ambiguous short name is not reported.
  std::vector<std::string> references;
  // Ends the fetch after this long without a byte, a message, or work of git's own. Zero: never. If git may prompt on a
  // terminal, counted from the server's first answer.
  std::chrono::seconds timeout{60};
};

// libgit2 fetches in processes forked from this one, which is safe only while it has no threads (base/fork_server.hpp).
// This starts the process that forks them: a program that may have threads when it opens a source calls it before it
// starts any. Otherwise the first fetch does, and fails with blame::environment if there are threads. Does nothing if
// git is in PATH.
[[nodiscard]] outcome<void> prepare_to_fetch();

struct fetched_commit {
  oid id;
  std::string reference;      // the full name of what was fetched, or "HEAD"; empty for an id
  bool with_history = false;  // because the server cannot leave it out
};

// What list_remote() found.
struct remote_listing {
  hash_kind kind;     // of the ids
  bool has_contents;  // the server cannot leave out files and folders, so they came, too
  bool with_history;  // the same of that
};

// Returns the ids of the objects that the references name, commits or annotated tags, in their order. All come by one
// fetch. They are then in `repository`, where a bare repository is made (gitrepository-layout(5)), unless `listing`
// says that one with contents is there already. Fails with blame::usage for an invalid name, blame::input if the
// repository answers and does not have one, blame::environment for any other trouble on the way. Messages do not name
// the repository.
[[nodiscard]] outcome<std::vector<fetched_commit>> fetch_commits(const remote_address& from,
                                                                 const fetch_options& options,
                                                                 const private_folder& repository, progress& report,
                                                                 const remote_listing* listing = nullptr);

// Makes a bare repository in `repository` that has the references whose full names begin with one of `beginnings`,
// under the same names, with what they lead to up to commits and their root trees: what git-for-each-ref(1) needs to
// match patterns and to know dates. More only if the server cannot leave it out. A password stays in the repository,
// for fetch_commits(). Needs the program git. Fails as fetch_commits() does.
[[nodiscard]] outcome<remote_listing> list_remote(const remote_address& from, std::span<const std::string> beginnings,
                                                  std::chrono::seconds timeout, const private_folder& repository,
                                                  progress& report);

// As fetch_commits(), of a commit known by its id, as a submodule's is. If the server does not serve it by id, all
// branches and tags are fetched with their history, as by `git clone`, and searched for it. Fails as fetch_commits()
// does, with blame::input if it is not there either.
[[nodiscard]] outcome<void> fetch_pinned(const remote_address& from, const oid& commit, std::chrono::seconds timeout,
                                         const private_folder& repository, progress& report);

}  // namespace docteur
