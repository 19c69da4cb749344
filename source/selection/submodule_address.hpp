#pragma once
// Resolves the URL of a submodule (`git help submodule`, "add"; gitmodules(5)). Hosted.

#include <string_view>

#include "base/remote_address.hpp"
#include "object/failure.hpp"

namespace docteur {

// `superproject`: where the commit with that .gitmodules was fetched from. A URL that begins with ./ or ../ is relative
// to it, on the same host, with its user and password, as in git; any other URL is absolute and takes nothing from the
// superproject. The URL comes from a commit, not from the user, so this fails with blame::input
// - for what parse_remote_url() and parse_scp_address() refuse: other transports, options, control characters;
// - for file:// and paths on this machine (CVE-2022-39253: a repository from elsewhere must not reach files here);
// - for ../ that leads above the host's root, where git would treat the next part as another host (CVE-2020-11008).
[[nodiscard]] outcome<remote_address> submodule_address(const remote_address& superproject, std::string_view url);

}  // namespace docteur
