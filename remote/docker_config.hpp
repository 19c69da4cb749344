#pragma once
// The credentials that `docker login` and `podman login` stored: docker's config.json, containers-auth.json(5), and the
// programs that these name (docker-credential-helpers). Hosted.

#include <optional>
#include <string>
#include <string_view>

#include "object/failure.hpp"
#include "object/progress.hpp"

namespace docteur {

struct registry_credentials {
  std::string user;
  std::string password;
  std::string identity_token;  // instead of the password: an OAuth2 refresh token
  std::string registry_token;  // instead of all: a bearer token
};

// The credentials for images of `repository` in `registry` (host and port), nullopt if there are none. The first of
// these files that has any counts: the one that REGISTRY_AUTH_FILE names, and no other if that is set;
// $XDG_RUNTIME_DIR/containers/auth.json; $XDG_CONFIG_HOME/containers/auth.json or ~/.config/containers/auth.json;
// $DOCKER_CONFIG/config.json or ~/.docker/config.json. In a file, a credential helper of this registry comes first,
// then the one for all, then the longest name that fits. A helper gets all of this program's environment. Fails with
// blame::environment for a file that cannot be read or understood and a helper that fails; no message has what they
// said. `stop`: asked while a helper runs.
[[nodiscard]] outcome<std::optional<registry_credentials>> find_registry_credentials(const std::string& registry,
                                                                                     const std::string& repository,
                                                                                     const progress& stop);

// The same for the text of one such file, without its credential helpers. `place`: host, port and repository, as in
// "example.org/team/site". `file`: its name, for messages.
[[nodiscard]] outcome<std::optional<registry_credentials>> stored_credentials(std::string_view text,
                                                                              const std::string& place,
                                                                              const std::string& file);

}  // namespace docteur
