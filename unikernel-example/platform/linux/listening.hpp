#pragma once
// Listening sockets. Hosted, Linux.

#include <cstdint>
#include <string_view>
#include <vector>

#include "object/failure.hpp"

namespace docteur::cache_vm::on_linux {

// Non-blocking sockets that listen on `address`, or for "" on all IPv4 and IPv6 addresses. Succeeds only if all of them
// do; an address family that the machine does not have is skipped. The caller closes the sockets. Errors: environment,
// with the address that failed and the reason.
[[nodiscard]] outcome<std::vector<int>> listen_on(std::string_view address, std::uint16_t port);

}  // namespace docteur::cache_vm::on_linux
