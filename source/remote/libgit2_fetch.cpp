#include "source/remote/libgit2_fetch.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/oid_text.hpp"
#include "libgit2/git_handle.hpp"
#include "source/remote/credential_guard.hpp"
#include "source/remote/git_command.hpp"
#include "source/repository/reference_rules.hpp"

namespace docteur {
namespace {

using remote_handle = std::unique_ptr<git_remote, git_free<git_remote_free>>;

constexpr auto kProgressPause = std::chrono::milliseconds(200);  // between two lines of progress

// State of the callbacks.
struct session {
  const remote_address& from;
  int messages;
  bool guarded;               // there is a password, and credential_guard watches where it goes
  bool asked_before = false;  // for a password or a key
  std::chrono::steady_clock::time_point next_line{};
};

void write_line(int fd, const std::string& line) {
  // If the reader is gone, SIGPIPE ends this process.
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t n = ::write(fd, line.data() + at, line.size() - at);
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
}

int fail(int fd, const std::string& why) {
  write_line(fd, "fatal: " + why + "\n");
  return 128;
}

std::string sent_elsewhere() {
  return "the server redirects to " + credential_guard::last_place() +
         ", which is not given the user and password of the URL; use that address itself if you trust it";
}

// The reason for the failure. Behind TLS libgit2 does not learn why a connection failed.
std::string failure_text() { return credential_guard::held_back() ? sent_elsewhere() : git_error_text(); }

int answer_credentials(git_credential** out, const char*, const char* user_in_url, unsigned allowed, void* payload) {
  auto& s = *static_cast<session*>(payload);
  const std::string user = s.from.user.empty() && user_in_url != nullptr ? user_in_url : s.from.user;
  if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) return git_credential_username_new(out, user.c_str());
  if (s.guarded && !credential_guard::at_home()) {
    set_git_error(sent_elsewhere());
    return GIT_EAUTH;
  }
  if (std::exchange(s.asked_before, true)) {
    set_git_error(s.from.by == transport::http ? "Authentication failed" : "Permission denied");
    return GIT_EAUTH;
  }
  if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0) return git_credential_ssh_key_from_agent(out, user.c_str());
  if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0 && s.guarded) {
    credential_guard::stay_home();
    return git_credential_userpass_plaintext_new(out, user.c_str(), s.from.password->c_str());
  }
  set_git_error(user.empty() ? "could not read Username" : "could not read Password");
  return GIT_EAUTH;
}

int report_progress(const git_indexer_progress* now, void* payload) {
  auto& s = *static_cast<session*>(payload);
  const auto time = std::chrono::steady_clock::now();
  const bool resolving = now->received_objects == now->total_objects && now->total_deltas > 0;
  const unsigned done = resolving ? now->indexed_deltas : now->received_objects;
  const unsigned total = resolving ? now->total_deltas : now->total_objects;
  if (time < s.next_line && done != total) return 0;
  s.next_line = time + kProgressPause;
  write_line(s.messages, std::string(resolving ? "Resolving deltas: (" : "Receiving objects: (") +
                             std::to_string(done) + "/" + std::to_string(total) + "), " +
                             std::to_string(now->received_bytes) + " bytes\r");
  return 0;
}

// The full name and id that `reference` stands for on the server.
struct advertised {
  std::string name;
  git_oid id;
};
std::optional<advertised> find(git_remote* remote, const std::string& reference) {
  const git_remote_head** heads = nullptr;
  std::size_t count = 0;
  if (git_remote_ls(&heads, &count, remote) != 0) return std::nullopt;
  if (parse_hex(reference, hash_kind::sha1)) {
    for (std::size_t i = 0; i < count; ++i)
      if (hex_text(from_git(heads[i]->oid)) == reference && !std::string_view(heads[i]->name).ends_with("^{}"))
        return advertised{heads[i]->name, heads[i]->oid};
    git_oid id{};
    git_oid_fromstr(&id, reference.c_str());
    return advertised{reference, id};
  }
  for (const reference_rule& rule : kReferenceRules)
    for (std::size_t i = 0; i < count; ++i)
      if (rule.full(reference) == heads[i]->name) return advertised{heads[i]->name, heads[i]->oid};
  return std::nullopt;
}

bool download(git_remote* remote, std::vector<std::string>& specifications, const git_fetch_options& options) {
  std::vector<char*> pointers;
  for (std::string& specification : specifications) pointers.push_back(specification.data());
  const git_strarray list{pointers.data(), pointers.size()};
  return git_remote_download(remote, &list, &options) == 0;
}

}  // namespace

int fetch_by_libgit2(const fetch_request& request, int messages) {
  start_libgit2();
  const remote_address& from = request.from;
  if (request.is_listing) return fail(messages, "a pattern of references needs the program git in PATH");
  const bool guarded = from.by == transport::http && from.password.has_value();
  if (guarded && !credential_guard::watch(endpoint_of(from.url))) return fail(messages, failure_text());
  git_repository* raw = nullptr;
  if (git_repository_open_bare(&raw, request.repository.c_str()) != 0) return fail(messages, failure_text());
  const repository_handle own(raw);
  git_remote* raw_remote = nullptr;
  if (git_remote_create_anonymous(&raw_remote, raw, from.url.c_str()) != 0) return fail(messages, failure_text());
  const remote_handle remote(raw_remote);

  session s{from, messages, guarded};
  git_fetch_options options{};
  git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
  options.callbacks.credentials = answer_credentials;
  options.callbacks.transfer_progress = report_progress;
  options.callbacks.payload = &s;
  options.proxy_opts.type = GIT_PROXY_AUTO;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
#if LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 7)
  if (!request.references.empty() && !request.history) options.depth = 1;
#endif
  if (git_remote_connect(raw_remote, GIT_DIRECTION_FETCH, &options.callbacks, &options.proxy_opts, nullptr) != 0)
    return fail(messages, failure_text());
  if (request.references.empty()) {
    std::vector<std::string> all(kAllReferences.begin(), kAllReferences.end());
    return download(raw_remote, all, options) ? 0 : fail(messages, failure_text());
  }
  std::vector<std::string> specifications;
  std::string lines, by_id;
  for (const std::string& reference : request.references) {
    const auto found = find(raw_remote, reference);
    if (!found) return fail(messages, "couldn't find remote ref " + reference);
    specifications.push_back("+" + found->name + ":refs/docteur/fetched/" + std::to_string(specifications.size()));
    if (found->name == reference && parse_hex(reference, hash_kind::sha1)) by_id = reference;
    const std::string what = found->name == "HEAD" ? "" : "'" + found->name + "' of ";
    lines += hex_text(from_git(found->id)) + "\t\t" + what + "the server\n";
  }
  if (!download(raw_remote, specifications, options))
    return fail(messages,
                by_id.empty() ? failure_text() : "Server does not allow request for unadvertised object " + by_id);
  std::ofstream head(request.repository + "/FETCH_HEAD");
  if (!(head << lines << std::flush)) return fail(messages, "cannot write FETCH_HEAD");
  return 0;
}

}  // namespace docteur
