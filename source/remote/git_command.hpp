#pragma once
// The command line of `git fetch`, as source/remote/fetch.hpp promises it. Hosted.

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/child_process.hpp"
#include "base/private_folder.hpp"
#include "base/remote_address.hpp"
#include "object/oid.hpp"
#include "source/remote/fetch_request.hpp"

namespace docteur {

// All branches and tags, stored under names that nothing else reads.
inline constexpr std::array<std::string_view, 2> kAllReferences{"+refs/heads/*:refs/docteur/heads/*",
                                                                "+refs/tags/*:refs/docteur/tags/*"};

// `environment`: the user's, NAME=VALUE. `may_ask`: git has a terminal. Neither arguments nor environment contain
// secrets.
[[nodiscard]] child_command git_fetch_command(const fetch_request& request, std::chrono::seconds timeout, bool may_ask,
                                              std::span<const std::string> environment);

// Makes an empty bare repository in `folder`, with the user and password of `from`, which git_fetch_command() relies
// on.
[[nodiscard]] outcome<void> make_bare_repository(const private_folder& folder, const remote_address& from,
                                                 hash_kind kind);

// Writes its configuration anew, without what git has added: where objects that were left out come from.
[[nodiscard]] outcome<void> write_configuration(const private_folder& folder, const remote_address& from,
                                                hash_kind kind);

// Removes the password that make_bare_repository() or git wrote there.
void forget_credentials(const private_folder& folder) noexcept;

// The environment of this process.
[[nodiscard]] std::vector<std::string> own_environment();

}  // namespace docteur
