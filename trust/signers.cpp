#include "trust/signers.hpp"

#include <array>
#include <cstdlib>
#include <optional>

#include "base/printable.hpp"
#include "libgit2/git_handle.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

outcome<void> add(git_config* to, const std::string& path, git_config_level_t level) {
  // A missing file counts as an empty one.
  if (path.empty() || git_config_add_file_ondisk(to, path.c_str(), level, nullptr, 1) == 0) return {};
  return give_up(blame::environment, printable(path) + ": " + git_error_text());
}

outcome<config_handle> open_config() {
  start_libgit2();
  git_config* raw = nullptr;
  if (git_config_new(&raw) != 0) return give_up(blame::environment, git_error_text());
  config_handle all(raw);
  const std::string no_system = variable("GIT_CONFIG_NOSYSTEM");
  if (no_system.empty() || no_system == "0" || no_system == "false") {
    const std::string system = variable("GIT_CONFIG_SYSTEM");
    DOCTEUR_CHECK(add(raw, system.empty() ? "/etc/gitconfig" : system, GIT_CONFIG_LEVEL_SYSTEM));
  }
  if (const char* const global = std::getenv("GIT_CONFIG_GLOBAL")) {
    DOCTEUR_CHECK(add(raw, global, GIT_CONFIG_LEVEL_GLOBAL));
    return all;
  }
  const std::string home = variable("HOME");
  const std::string xdg = variable("XDG_CONFIG_HOME");
  if (!xdg.empty() || !home.empty())
    DOCTEUR_CHECK(add(raw, (xdg.empty() ? home + "/.config" : xdg) + "/git/config", GIT_CONFIG_LEVEL_XDG));
  if (!home.empty()) DOCTEUR_CHECK(add(raw, home + "/.gitconfig", GIT_CONFIG_LEVEL_GLOBAL));
  return all;
}

// Expands a path as git does: "~/" is the home folder.
std::string as_path(std::string value) { return value.starts_with("~/") ? variable("HOME") + value.substr(1) : value; }

}  // namespace

outcome<signers> read_signers() {
  DOCTEUR_TRY(config, open_config());
  git_config* raw = nullptr;
  if (git_config_snapshot(&raw, config.get()) != 0) return give_up(blame::environment, git_error_text());
  const config_handle all(raw);
  signers s;
  const auto take = [&](const char* key, std::string& to) {
    const char* value = nullptr;
    if (git_config_get_string(&value, all.get(), key) == 0 && value != nullptr && *value != '\0') to = as_path(value);
  };
  take("gpg.program", s.openpgp_program);
  take("gpg.openpgp.program", s.openpgp_program);
  take("gpg.ssh.program", s.ssh_program);
  take("gpg.ssh.allowedsignersfile", s.allowed_signers);
  take("gpg.ssh.revocationfile", s.revoked_keys);
  std::string least;
  take("gpg.mintrustlevel", least);
  if (least.empty()) return s;
  for (char& c : least) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  constexpr std::array<const char*, 5> kNames{"never", "undefined", "marginal", "fully", "ultimate"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (least != kNames[i]) continue;
    s.least_trust = static_cast<key_trust>(i);
    return s;
  }
  return give_up(blame::environment, "gpg.minTrustLevel: unknown level " + printable(least));
}

}  // namespace docteur
