#include "source/remote/git_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/percent.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::string_view kCredentials = "credentials";
constexpr std::array<std::string_view, 4> kTransports{"http", "https", "ssh", "git"};

// `git rev-parse --local-env-vars` of git 2.39, and others that name a location, a format or a quarantine of the
// current repository. GIT_CONFIG_COUNT, GIT_CONFIG_KEY_n, GIT_CONFIG_VALUE_n and GIT_CONFIG_PARAMETERS are on that list
// and stay: people use them to pass an http.extraHeader or a proxy, and `-c` overrides them.
constexpr std::array<std::string_view, 24> kNotForChild{"GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                                        "GIT_CEILING_DIRECTORIES",
                                                        "GIT_COMMON_DIR",
                                                        "GIT_CONFIG",
                                                        "GIT_DEFAULT_HASH",
                                                        "GIT_DEFAULT_REF_FORMAT",
                                                        "GIT_DIR",
                                                        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
                                                        "GIT_GRAFT_FILE",
                                                        "GIT_IMPLICIT_WORK_TREE",
                                                        "GIT_INDEX_FILE",
                                                        "GIT_INTERNAL_SUPER_PREFIX",
                                                        "GIT_NAMESPACE",
                                                        "GIT_NO_REPLACE_OBJECTS",
                                                        "GIT_OBJECT_DIRECTORY",
                                                        "GIT_PREFIX",
                                                        "GIT_PROTOCOL",
                                                        "GIT_QUARANTINE_PATH",
                                                        "GIT_REF_STORAGE_FORMAT",
                                                        "GIT_REPLACE_REF_BASE",
                                                        "GIT_SHALLOW_FILE",
                                                        "GIT_WORK_TREE",
                                                        "LC_ALL",
                                                        "LANGUAGE"};

// The transports in the user's list that we support; all of ours if there is no list.
std::string allowed_transports(std::span<const std::string> environment) {
  constexpr std::string_view kName = "GIT_ALLOW_PROTOCOL=";
  const auto own = std::ranges::find_if(environment, [&](const auto& entry) { return entry.starts_with(kName); });
  std::string out;
  for (const std::string_view transport : kTransports) {
    if (own != environment.end()) {
      const std::string list = ":" + own->substr(kName.size()) + ":";
      if (list.find(":" + std::string(transport) + ":") == std::string::npos) continue;
    }
    out.append(out.empty() ? "" : ":").append(transport);
  }
  return out;
}

// git-config(1), "Syntax": a value in double quotes.
std::string config_value(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// "https://"
std::string scheme_of(const remote_address& from) { return from.url.substr(0, from.url.find("://") + 3); }

// "host:port"
std::string host_of(const remote_address& from) {
  const auto begin = from.url.find("://") + 3;
  return from.url.substr(begin, from.url.find('/', begin) - begin);
}

}  // namespace

std::vector<std::string> own_environment() {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) out.emplace_back(*entry);
  return out;
}

child_command git_fetch_command(const fetch_request& request, std::chrono::seconds timeout, bool may_ask,
                                std::span<const std::string> environment) {
  const remote_address& from = request.from;
  child_command command;
  for (const std::string& entry : environment) {
    const std::string_view name = std::string_view(entry).substr(0, entry.find('='));
    const bool replaced = name == "GIT_ALLOW_PROTOCOL" || (!may_ask && name == "GIT_TERMINAL_PROMPT");
    if (!replaced && std::ranges::find(kNotForChild, name) == kNotForChild.end()) command.environment.push_back(entry);
  }
  command.environment.push_back("GIT_DIR=" + request.repository);
  command.environment.push_back("GIT_ALLOW_PROTOCOL=" + allowed_transports(environment));
  command.environment.emplace_back("LC_ALL=C");
  if (!may_ask) command.environment.emplace_back("GIT_TERMINAL_PROMPT=0");

  command.arguments = {"git"};
  const auto configure = [&](std::string setting) {
    command.arguments.emplace_back("-c");
    command.arguments.push_back(std::move(setting));
  };
  configure("core.hooksPath=/dev/null");
  configure("core.fsync=none");  // the repository lives for this run only
  configure("protocol.version=2");
  configure("protocol.ext.allow=never");
  configure("transfer.bundleURI=false");
  configure("fetch.unpackLimit=1");  // always a PACK
  configure("pack.writeReverseIndex=false");
  configure("maintenance.auto=false");
  configure("gc.auto=0");
  if (timeout.count() > 0) {
    configure("http.lowSpeedLimit=1");
    configure("http.lowSpeedTime=" + std::to_string(timeout.count()));
  }
  // An empty helper removes all before it.
  if (from.password) configure("credential.helper=");
  // What a person types is kept for another attempt. git runs this helper through a shell, so it contains no path.
  if (from.password || may_ask)
    configure("credential.helper=store --file=\"$GIT_DIR/" + std::string(kCredentials) + "\"");
  if (from.password) configure("credential.useHttpPath=false");
  for (const char* const option : {"fetch", "--progress", "--no-tags", "--no-recurse-submodules",
                                   "--no-auto-maintenance", "--no-write-commit-graph", "--no-prune"})
    command.arguments.emplace_back(option);
  if (!request.references.empty() && !request.history) command.arguments.emplace_back("--depth=1");
  // Root trees come, too: without them git takes a tag of a tree for what a server forgot.
  if (request.only_commits) command.arguments.emplace_back("--filter=tree:1");
  command.arguments.emplace_back("--");
  command.arguments.push_back(from.url);
  if (request.references.empty())
    for (const std::string_view all : kAllReferences) command.arguments.emplace_back(all);
  for (const std::string& reference : request.references) {
    // The plus ("even if not a fast-forward") keeps a name such as "tag" or "+x" from meaning more than itself.
    std::string specification = "+" + reference;
    if (request.is_listing) specification += "*:" + reference + "*";
    command.arguments.push_back(std::move(specification));
  }
  return command;
}

outcome<void> make_bare_repository(const private_folder& folder, const remote_address& from, hash_kind kind) {
  std::error_code error;
  // What is left of a repository that was made before, but for a password that a person typed.
  for (const char* const name : {"HEAD", "FETCH_HEAD", "config", "objects", "packed-refs", "refs", "shallow"})
    if (!error) std::filesystem::remove_all(folder.path() / name, error);
  if (from.password) forget_credentials(folder);
  if (!error) std::filesystem::create_directories(folder.path() / "objects" / "pack", error);
  if (!error) std::filesystem::create_directories(folder.path() / "refs", error);
  if (error) return give_up(blame::environment, printable(folder.path().native()) + ": " + error.message());
  DOCTEUR_CHECK(folder.write("HEAD", "ref: refs/heads/main\n"));
  DOCTEUR_CHECK(write_configuration(folder, from, kind));
  if (!from.password) return {};
  // git-credential-store(1), "STORAGE FORMAT".
  return folder.write(kCredentials, scheme_of(from) + percent_encoded(from.user) + ":" +
                                        percent_encoded(*from.password) + "@" + host_of(from) + "\n");
}

outcome<void> write_configuration(const private_folder& folder, const remote_address& from, hash_kind kind) {
  std::string config = kind == hash_kind::sha1 ? "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
                                               : "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
                                                 "[extensions]\n\tobjectformat = sha256\n";
  if (!from.user.empty())
    config += "[credential " + config_value(scheme_of(from) + host_of(from)) +
              "]\n\tusername = " + config_value(from.user) + "\n";
  std::error_code ignored;
  std::filesystem::remove(folder.path() / "config", ignored);
  return folder.write("config", config);
}

void forget_credentials(const private_folder& folder) noexcept {
  std::error_code ignored;
  std::filesystem::remove(folder.path() / kCredentials, ignored);
}

}  // namespace docteur
