#pragma once
// Where the URL of a submodule leads, as `git help submodule` ("add") and gitmodules(5) have it. Hosted.

#include <string_view>

#include "object/failure.hpp"
#include "source/remote/remote_address.hpp"

namespace docteur {

// `superproject`: where the commit with that .gitmodules was fetched from. A URL that begins with ./ or ../ is seen
// from there, on the same host, and takes its user and password along as in git; any other one stands alone, with none
// of the superproject's. Fails with blame::input, as a commit says it and not the user,
// - for what parse_remote_url() and parse_scp_address() refuse: other transports, options, control characters;
// - for file:// and paths of this machine (CVE-2022-39253: what comes from elsewhere reaches no files here);
// - for ../ that leads above the host's root, where git would take the next part for another host (CVE-2020-11008).
[[nodiscard]] outcome<remote_address> submodule_address(const remote_address& superproject, std::string_view url);

}  // namespace docteur
