#pragma once
// One commit of a repository on another machine, fetched into a repository of our own. Hosted.
//
// The program git fetches where it is in PATH: it brings what the user has set up (ssh's configuration, agent and known
// hosts, credential helpers, proxies, certificates) and fetches without history. Else libgit2 does: the URL's own user
// and password, ssh-agent, proxies from the environment; with history before version 1.7, which is the first that can
// leave it out. A server that cannot leave history out (one of plain files, for instance) is asked again, with it.
//
// Never through a shell. git runs with the user's environment and configuration, but
// - without the variables that lead to another repository (`git rev-parse --local-env-vars`);
// - GIT_ALLOW_PROTOCOL=http:https:ssh:git, or what of it the user's own value leaves: no ext::, no other helper, no
//   file:// behind a redirection or an insteadOf;
// - GIT_TERMINAL_PROMPT=0 and without a terminal, unless stdin is one: git and ssh then ask there as always;
// - hooks, tags that were not asked for, submodules, maintenance, bundle URIs are off by `-c` and options, which come
//   after the user's configuration;
// - LC_ALL=C, because its messages are read.
// A user and password in an http(s) URL go into files of mode 0600 in the private folder, from where git's own
// credential-store takes them; no argument vector and no environment holds them. Other credential helpers are not asked
// then, nor told of them.

#include <chrono>
#include <string>

#include "base/private_folder.hpp"
#include "object/oid.hpp"
#include "object/progress.hpp"
#include "source/remote/remote_address.hpp"

namespace docteur {

struct fetch_options {
  // A branch, a tag, a full reference, HEAD (also "@" or empty): git's rules in git's order, as resolve_revision()
  // applies them to a local repository, here to the references that the server lists. Or a full commit id, where the
  // server gives commits by id. Servers know no short ids, and an ambiguous short name is not reported.
  std::string reference;
  // Ends the fetch when for so long nothing came: not a byte, no word, and no work of git's own. Zero: never. Where git
  // may ask on a terminal, counted from the server's first answer.
  std::chrono::seconds timeout{60};
};

// libgit2 fetches in processes that are copied off this one, which is safe only while it has no threads
// (base/fork_server.hpp). This starts what makes those copies: a program that may have threads when it opens a source
// calls it before. The first fetch does it else, and fails with blame::environment where there are threads. Does
// nothing where git is in PATH.
[[nodiscard]] outcome<void> prepare_to_fetch();

struct fetched_commit {
  oid id;
  bool with_history = false;  // the server cannot leave it out
};

// The id of the object that the reference names, a commit or an annotated tag, which is in `repository` afterwards, a
// bare repository that is made there (gitrepository-layout(5)). Fails with blame::usage for what can be no name,
// blame::input where the repository answers and lacks it, blame::environment for all that happens on the way there;
// messages do not name the repository.
[[nodiscard]] outcome<fetched_commit> fetch_commit(const remote_address& from, const fetch_options& options,
                                                   const private_folder& repository, progress& report);

// The same for a commit that is known by its id, as a submodule's is. Where the server does not give it by that, all
// branches and tags are fetched with their history, which is what `git clone` does, and it is looked for among them.
// Fails as fetch_commit(), with blame::input where it is not there either.
[[nodiscard]] outcome<void> fetch_pinned(const remote_address& from, const oid& commit, std::chrono::seconds timeout,
                                         const private_folder& repository, progress& report);

}  // namespace docteur
