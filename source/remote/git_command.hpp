#pragma once
// The one call of the program git: `git fetch`, as source/remote/fetch.hpp promises it. Hosted.

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/child_process.hpp"
#include "base/private_folder.hpp"
#include "object/oid.hpp"
#include "source/remote/fetch_request.hpp"
#include "source/remote/remote_address.hpp"

namespace docteur {

// All branches and tags, to places where nothing looks.
inline constexpr std::array<std::string_view, 2> kAllReferences{"+refs/heads/*:refs/docteur/heads/*",
                                                                "+refs/tags/*:refs/docteur/tags/*"};

// `environment`: NAME=VALUE, the user's. `may_ask`: git has a terminal. Secrets are neither in the arguments nor in the
// environment.
[[nodiscard]] child_command git_fetch_command(const fetch_request& request, std::chrono::seconds timeout, bool may_ask,
                                              std::span<const std::string> environment);

// An empty bare repository in `folder`, with what git_fetch_command() needs: the user and the password of `from`.
[[nodiscard]] outcome<void> make_bare_repository(const private_folder& folder, const remote_address& from,
                                                  hash_kind kind);

// Removes the password that make_bare_repository() wrote there.
void forget_credentials(const private_folder& folder) noexcept;

// The environment of this process.
[[nodiscard]] std::vector<std::string> own_environment();

}  // namespace docteur
