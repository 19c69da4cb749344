#include "source/remote/fetch.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>

#include "base/child_process.hpp"
#include "base/fork_server.hpp"
#include "base/hex_digits.hpp"
#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "base/spawn.hpp"
#include "object/result.hpp"
#include "source/objects/git_objects.hpp"
#include "source/remote/git_command.hpp"
#include "source/remote/git_report.hpp"
#include "source/remote/libgit2_fetch.hpp"
#include "source/repository/reference_rules.hpp"

namespace docteur {
namespace {

using clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::milliseconds(100);  // to notice a signal
constexpr auto kLook = std::chrono::seconds(1);         // between two checks for signs of life outside the pipe
constexpr std::uint64_t kBusy = 5;                      // clock ticks in that time that count as work, not keep-alive

// What to ask the server for: a full id in lower case, or a name that git accepts as one.
outcome<std::string> checked_reference(const std::string& asked) {
  if (asked.empty() || asked == "@") return std::string("HEAD");
  if (std::string digits = lower_digits(asked); kind_of_digits(digits)) return digits;
  DOCTEUR_CHECK(check_revision_name(asked));
  return asked;
}

// How long nothing has happened: no message, no byte in the repository, no work.
class stillness {
 public:
  stillness(const child_process& child, const private_folder& repository)
      : child_(child), repository_(repository), bytes_(repository.size()) {}

  void heard() { since_ = next_look_ = clock::now(); }
  [[nodiscard]] clock::duration lasts() {
    const auto now = clock::now();
    if (now - next_look_ >= kLook) {
      next_look_ = now;
      const std::uint64_t bytes = repository_.size();
      const std::uint64_t ticks = child_.processor_ticks();
      if (bytes != bytes_ || ticks >= ticks_ + kBusy) since_ = now;
      bytes_ = bytes;
      ticks_ = ticks;
    }
    return now - since_;
  }

 private:
  const child_process& child_;
  const private_folder& repository_;
  clock::time_point since_ = clock::now();
  clock::time_point next_look_ = since_;
  std::uint64_t bytes_;
  std::uint64_t ticks_ = 0;
};

struct running {
  child_process child;
  bool may_ask;
};

int answer_request(const std::string& text, int messages) {
  const auto request = decode_fetch_request(text);
  return request ? fetch_by_libgit2(*request, messages) : EXIT_FAILURE;
}

// The fork server of this process, started by the first call. It ends with the process.
outcome<const fork_server*> libgit2_server() {
  static std::mutex lock;
  static std::optional<fork_server> server;
  const std::lock_guard guard(lock);
  if (!server) {
    DOCTEUR_TRY(started, fork_server::start(answer_request));
    server.emplace(std::move(started));
  }
  return &*server;
}

outcome<running> start(const fetch_request& request, std::chrono::seconds timeout) {
  const bool may_ask = child_process::has_terminal();
  auto git = child_process::start(git_fetch_command(request, timeout, may_ask, own_environment()));
  if (git) return running{std::move(*git), may_ask};
  if (!git.error().message.empty()) return tl::unexpected<failure>(git.error());
  const auto server = libgit2_server();
  if (!server)
    return give_up(blame::environment, "git is not in PATH, and libgit2 cannot fetch: " + server.error().message);
  DOCTEUR_TRY(child, (*server)->run(encode(request)));
  return running{std::move(child), false};
}

// The full name of what a line of FETCH_HEAD describes: "branch 'x' of URL", "tag 'x' of URL", "'refs/x' of URL", or
// the URL alone for HEAD (git's builtin/fetch.c, append_fetch_head()). An id is described as 'ID'.
std::string described_reference(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"branch '", "refs/heads/"}, {"tag '", "refs/tags/"}, {"remote-tracking branch '", "refs/remotes/"}, {"'", ""}};
  for (const auto& [before, prefix] : kKinds) {
    if (!text.starts_with(before)) continue;
    const std::string_view name = text.substr(before.size(), text.find("' of ") - before.size());
    return kind_of_digits(name) && prefix.empty() ? "" : std::string(prefix).append(name);
  }
  return "HEAD";
}

// One for each of `references`, in their order.
outcome<std::vector<fetched_commit>> fetched_heads(const private_folder& repository,
                                                   std::span<const std::string> references) {
  std::ifstream file(repository.path() / "FETCH_HEAD");
  std::vector<fetched_commit> all;
  for (std::string line; all.size() < references.size() && std::getline(file, line);) {
    // "ID, TAB, nothing or not-for-merge, TAB, what it is" (git-fetch(1), "OUTPUT" of FETCH_HEAD)
    const std::string_view digits = std::string_view(line).substr(0, line.find('\t'));
    const std::string_view what = std::string_view(line).substr(line.rfind('\t') + 1);
    const auto kind = kind_of_digits(digits);
    if (!kind) break;
    const auto id = parse_hex(digits, *kind);
    if (!id) break;
    const bool by_id = kind_of_digits(references[all.size()]).has_value();
    all.push_back({*id, by_id ? "" : described_reference(what)});
  }
  if (all.size() != references.size()) return give_up(blame::environment, "git did not report what it fetched");
  return all;
}

// Whether all of `wanted` are there, which have ids of one kind.
outcome<bool> has_objects(const private_folder& repository, std::span<const fetched_commit> wanted) {
  DOCTEUR_TRY(objects, git_objects::open((repository.path() / "objects").native(), wanted.front().id.kind()));
  for (const fetched_commit& c : wanted) {
    const auto info = objects->info(c.id);
    if (!info && !info.error().missing) return give_up(info.error().who, "what was fetched " + info.error().why);
    if (!info) return false;
  }
  return true;
}

// Removes the password that make_bare_repository() or git wrote: the repository lives as long as its source.
class brief_credentials {
 public:
  explicit brief_credentials(const private_folder& repository) : repository_(repository) {}
  brief_credentials(const brief_credentials&) = delete;
  brief_credentials& operator=(const brief_credentials&) = delete;
  ~brief_credentials() { forget_credentials(repository_); }

 private:
  const private_folder& repository_;
};

// The result of one attempt.
struct attempt {
  std::optional<failure> failed;
  bool refuses_id = false;
  bool lacks_shallow = false;
  bool has_sha256 = false;
  bool lacks_filter = false;
};

// `repository`: the request's.
outcome<attempt> try_to_fetch(const fetch_request& request, std::chrono::seconds timeout,
                              const private_folder& repository, progress& report) {
  report.phase("connecting", 0);
  git_report messages(request.from, report);
  DOCTEUR_TRY(run, start(request, timeout));
  const no_background_stops progress_may_show;
  stillness still(run.child, repository);
  std::string output;
  for (bool ended = false; !ended;) {
    ended = run.child.wait(kTick, output);
    if (!output.empty()) still.heard();
    messages.take(output);
    output.clear();
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    if (run.may_ask && !messages.answered()) still.heard();
    if (!ended && timeout.count() > 0 && still.lasts() >= timeout)
      return give_up(blame::environment, "nothing came for " + std::to_string(timeout.count()) +
                                             " seconds; --timeout sets how long to wait");
  }
  messages.take("\n");
  const int status = run.child.status();
  const bool found_none = request.is_listing && WIFEXITED(status) && WEXITSTATUS(status) == 1 && messages.is_silent();
  if (found_none || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
    attempt good;
    good.lacks_filter = messages.lacks_filter();
    if (request.references.empty() || request.is_listing) return good;
    DOCTEUR_TRY(fetched, fetched_heads(repository, request.references));
    DOCTEUR_TRY(there, has_objects(repository, fetched));
    if (there) return good;
    // libgit2 treats what is not among the server's references as fetched.
    messages.take("fatal: unadvertised object\n");
  }
  if (run.may_ask && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) {
    // Ctrl-C on the terminal while git had it is meant for this process.
    ::raise(SIGINT);
    return give_up(blame::environment, "interrupted");
  }
  if (WIFSIGNALED(status))
    return give_up(blame::environment, "the fetching process was killed by signal " + std::to_string(WTERMSIG(status)));
  const std::string asked = messages.named(request.references);
  return attempt{messages.reason(asked), messages.refuses_id(asked), messages.lacks_shallow(), messages.has_sha256(),
                 messages.lacks_filter()};
}

// As try_to_fetch(), in a repository of ids of `kind`, and asks again for more where the server cannot leave out what
// it was asked to: sets in `request` that history and contents come.
outcome<attempt> try_more(fetch_request& request, hash_kind kind, std::chrono::seconds timeout,
                          const private_folder& repository, progress& report) {
  DOCTEUR_TRY(tried, try_to_fetch(request, timeout, repository, report));
  const bool was_filtered = request.only_commits;
  // A server that knows no shallow clones knows no filters either.
  if (tried.lacks_filter || tried.lacks_shallow) request.only_commits = false;
  const bool with_history = tried.lacks_shallow && !request.history;
  const bool with_contents = tried.failed && tried.lacks_filter && was_filtered;
  if (!with_history && !with_contents) return tried;
  request.history = request.history || with_history;
  // git noted the filter there, and would use it again.
  if (was_filtered) DOCTEUR_CHECK(write_configuration(repository, request.from, kind));
  return try_more(request, kind, timeout, repository, report);
}

// The same, and, where the kind is only supposed and the server has the other one, in a repository of that, which is
// then made and set in `kind`.
outcome<void> fetch_of_kind(fetch_request& request, hash_kind& kind, bool is_known, std::chrono::seconds timeout,
                            const private_folder& repository, progress& report) {
  DOCTEUR_TRY(tried, try_more(request, kind, timeout, repository, report));
  // The kind of a server's ids is known only then; nothing was fetched yet.
  if (tried.has_sha256 && !is_known && kind == hash_kind::sha1) {
    kind = hash_kind::sha256;
    DOCTEUR_CHECK(make_bare_repository(repository, request.from, kind));
    DOCTEUR_TRY(again, try_more(request, kind, timeout, repository, report));
    tried = std::move(again);
  }
  if (tried.failed) return tl::unexpected<failure>(*tried.failed);
  return {};
}

}  // namespace

outcome<void> prepare_to_fetch() {
  if (has_program("git")) return {};
  DOCTEUR_CHECK(libgit2_server());
  return {};
}

outcome<std::vector<fetched_commit>> fetch_commits(const remote_address& from, const fetch_options& options,
                                                   const private_folder& repository, progress& report,
                                                   const remote_listing* listing) {
  fetch_request request{from, {}, false, repository.path().native()};
  hash_kind kind = listing != nullptr ? listing->kind : hash_kind::sha1;
  for (const std::string& asked : options.references) {
    DOCTEUR_TRY(reference, checked_reference(asked));
    if (listing == nullptr) kind = kind_of_digits(reference).value_or(kind);
    request.references.push_back(std::move(reference));
  }
  const brief_credentials guard(repository);
  if (listing == nullptr || !listing->has_contents) DOCTEUR_CHECK(make_bare_repository(repository, from, kind));
  DOCTEUR_CHECK(fetch_of_kind(request, kind, listing != nullptr, options.timeout, repository, report));
  DOCTEUR_TRY(fetched, fetched_heads(repository, request.references));
  for (fetched_commit& c : fetched) c.with_history = request.history;
  return fetched;
}

outcome<remote_listing> list_remote(const remote_address& from, std::span<const std::string> beginnings,
                                    std::chrono::seconds timeout, const private_folder& repository, progress& report) {
  fetch_request request{from, {beginnings.begin(), beginnings.end()}, false, repository.path().native(), true, true};
  hash_kind kind = hash_kind::sha1;
  DOCTEUR_CHECK(make_bare_repository(repository, from, kind));
  DOCTEUR_CHECK(fetch_of_kind(request, kind, false, timeout, repository, report));
  DOCTEUR_CHECK(write_configuration(repository, from, kind));
  return remote_listing{kind, !request.only_commits, request.history};
}

outcome<void> fetch_pinned(const remote_address& from, const oid& commit, std::chrono::seconds timeout,
                           const private_folder& repository, progress& report) {
  const std::string id = hex_text(commit);
  const brief_credentials guard(repository);
  DOCTEUR_CHECK(make_bare_repository(repository, from, commit.kind()));
  fetch_request request{from, {id}, false, repository.path().native()};
  DOCTEUR_TRY(alone, try_more(request, commit.kind(), timeout, repository, report));
  if (!alone.failed) return {};
  if (!alone.refuses_id) return tl::unexpected<failure>(*alone.failed);
  request.references.clear();
  DOCTEUR_TRY(all, try_to_fetch(request, timeout, repository, report));
  if (all.failed) return tl::unexpected<failure>(*all.failed);
  const fetched_commit wanted{commit, ""};
  DOCTEUR_TRY(there, has_objects(repository, {&wanted, 1}));
  if (there) return {};
  return give_up(blame::input, "commit " + id +
                                   " is in none of its branches and tags, and the server does not serve it by id "
                                   "(uploadpack.allowAnySHA1InWant)");
}

}  // namespace docteur
