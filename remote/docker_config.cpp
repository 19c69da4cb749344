#include "remote/docker_config.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/base64.hpp"
#include "base/printable.hpp"
#include "base/program.hpp"
#include "object/result.hpp"
#include "remote/bounded_json.hpp"

namespace docteur {
namespace {

using nlohmann::json;
using found_credentials = std::optional<registry_credentials>;

constexpr std::size_t kMostFile = 1 << 20;  // bytes
// What docker's configuration calls Docker Hub.
constexpr const char* kDockerHub = "docker.io";
constexpr const char* kDockerHubKey = "https://index.docker.io/v1/";

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::vector<std::string> files() {
  if (std::string only = variable("REGISTRY_AUTH_FILE"); !only.empty()) return {std::move(only)};
  const std::string home = variable("HOME");
  std::vector<std::string> all;
  const auto add = [&all](const std::string& folder, const char* file) {
    if (folder.starts_with('/')) all.push_back(folder + file);
  };
  add(variable("XDG_RUNTIME_DIR"), "/containers/auth.json");
  const std::string config = variable("XDG_CONFIG_HOME");
  add(config.empty() && !home.empty() ? home + "/.config" : config, "/containers/auth.json");
  if (const std::string docker = variable("DOCKER_CONFIG"); !docker.empty()) {
    all.push_back(docker + "/config.json");
  } else if (!home.empty()) {
    all.push_back(home + "/.docker/config.json");
  }
  return all;
}

outcome<std::optional<json>> parse_config(std::string_view text, const std::string& file) {
  if (text.empty()) return std::optional<json>();  // as podman begins one
  auto parsed = text.size() > kMostFile ? std::nullopt : parse_json(text);
  if (!parsed || !parsed->is_object())
    return give_up(blame::environment, printable(file) + ": not a JSON object with credentials for registries");
  return parsed;
}

outcome<std::optional<json>> read_config(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<json>();
    return give_up(blame::environment, printable(file) + ": " + std::strerror(errno));
  }
  std::string text(kMostFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_config(text, file);
}

// A key of `auths` as host and path: "https://index.docker.io/v1/" is docker.io.
std::string place_of(std::string_view key) {
  if (key == kDockerHubKey) return kDockerHub;
  if (const auto at = key.find("://"); at != std::string_view::npos) key.remove_prefix(at + 3);
  for (const std::string_view end : {"/", "/v1", "/v2"})
    if (key.ends_with(end)) key.remove_suffix(end.size());
  return std::string(key);
}

outcome<registry_credentials> read_entry(const json& entry, const std::string& file) {
  registry_credentials c;
  c.user = json_text(entry, "username");
  c.password = json_text(entry, "password");
  c.identity_token = json_text(entry, "identitytoken");
  c.registry_token = json_text(entry, "registrytoken");
  const std::string coded = json_text(entry, "auth");
  if (coded.empty()) return c;
  const auto plain = base64_decoded(coded);
  const auto colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos)
    return give_up(blame::environment, printable(file) + ": an entry \"auth\" is not user and password in base64");
  c.user = plain->substr(0, colon);
  c.password = plain->substr(colon + 1);
  c.password.resize(std::min(c.password.find('\0'), c.password.size()));  // docker pads with NUL
  return c;
}

outcome<found_credentials> from_entries(const json& config, const std::string& place, const std::string& file) {
  const json* const auths = json_member(config, "auths");
  if (auths == nullptr || !auths->is_object()) return found_credentials();
  const json* best = nullptr;
  std::size_t length = 0;
  for (const auto& [key, entry] : auths->items()) {
    const std::string there = place_of(key);
    const bool fits = place == there || (place.starts_with(there) && place[there.size()] == '/');
    if (!fits || there.size() <= length || !entry.is_object() || entry.empty()) continue;
    best = &entry;
    length = there.size();
  }
  if (best == nullptr) return found_credentials();
  DOCTEUR_TRY(credentials, read_entry(*best, file));
  if (credentials.user.empty() && credentials.identity_token.empty() && credentials.registry_token.empty())
    return found_credentials();
  return found_credentials(std::move(credentials));
}

std::string helper_of(const json& config, const std::string& registry) {
  if (const json* const helpers = json_member(config, "credHelpers"))
    if (std::string own = json_text(*helpers, registry.c_str()); !own.empty()) return own;
  return json_text(config, "credsStore");
}

outcome<found_credentials> ask_helper(const std::string& helper, const std::string& registry, const progress& stop) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (!std::ranges::all_of(helper, is_plain))
    return give_up(blame::environment, "not the name of a credential helper: " + printable(helper));
  const std::string server = registry == kDockerHub ? kDockerHubKey : registry;
  program_call call;
  call.arguments = {"docker-credential-" + helper, "get"};
  for (char** v = environ; *v != nullptr; ++v) call.environment.emplace_back(*v);
  call.input = as_bytes(server);
  DOCTEUR_TRY(said, run_program(call, stop));
  if (said.status != 0 && said.output.find("credentials not found") != std::string::npos) return found_credentials();
  const auto answer = said.status == 0 ? parse_json(said.output) : std::nullopt;
  if (!answer)
    return give_up(blame::environment,
                   call.arguments.front() + ": no credentials (status " + std::to_string(said.status) + ")");
  registry_credentials c;
  c.user = json_text(*answer, "Username");
  (c.user == "<token>" ? c.identity_token : c.password) = json_text(*answer, "Secret");
  return found_credentials(std::move(c));
}

}  // namespace

outcome<std::optional<registry_credentials>> stored_credentials(std::string_view text, const std::string& place,
                                                                const std::string& file) {
  DOCTEUR_TRY(config, parse_config(text, file));
  return config ? from_entries(*config, place, file) : found_credentials();
}

outcome<std::optional<registry_credentials>> find_registry_credentials(const std::string& registry,
                                                                       const std::string& repository,
                                                                       const progress& stop) {
  for (const std::string& file : files()) {
    DOCTEUR_TRY(config, read_config(file));
    if (!config) continue;
    if (const std::string helper = helper_of(*config, registry); !helper.empty()) {
      DOCTEUR_TRY(told, ask_helper(helper, registry, stop));
      if (told) return told;
    }
    DOCTEUR_TRY(stored, from_entries(*config, registry + "/" + repository, file));
    if (stored) return stored;
  }
  return found_credentials();
}

}  // namespace docteur
