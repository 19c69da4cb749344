#pragma once
// Sockets that listen. Hosted, Linux.

#include <cstdint>
#include <string_view>
#include <vector>

#include "object/failure.hpp"

namespace docteur::cache_vm::on_linux {

// Non-blocking sockets that listen on `address`, "" for all of this machine's, those of IPv4 and of IPv6. All or none:
// a machine that has no IPv6, or no IPv4, has all its addresses in the other. The caller closes them. Fails
// (blame::environment) with the address that could not be had and the reason.
[[nodiscard]] outcome<std::vector<int>> listen_on(std::string_view address, std::uint16_t port);

}  // namespace docteur::cache_vm::on_linux
