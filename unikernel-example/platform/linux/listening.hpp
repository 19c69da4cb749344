#pragma once
// Listening sockets. Hosted, Linux.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "object/failure.hpp"
#include "unikernel-example/platform/linux/unix_listening.hpp"

namespace docteur::cache_vm::on_linux {

// Non-blocking sockets that listen on `address`, on all addresses of a host of that name, or for "" on all IPv4 and
// IPv6 addresses. With port 0 they get one free port. Succeeds only if all of them do; an address family that the
// machine does not have is skipped, and so are addresses of a name that it does not have, if there is another one. The
// caller closes the sockets. Errors: environment, with the address that failed and the reason.
[[nodiscard]] outcome<std::vector<int>> listen_on(std::string_view address, std::uint16_t port);

// The same for all that --listen takes: listen_on(), "unix:PATH" with `mode` (listen_on_path()), and "systemd", which
// means take_handed_sockets().
[[nodiscard]] outcome<std::vector<listener>> listen_anywhere(std::string_view where, std::uint16_t port, unsigned mode);

// Connections to the listening socket `fd` are accepted with their first bytes, those without any about a second later
// (TCP_DEFER_ACCEPT, tcp(7)). A socket that has no such option stays as it is.
void await_first_bytes(int fd) noexcept;

// Where a socket listens: "127.0.0.1:80", "[::1]:80", "unix:/run/a".
[[nodiscard]] std::string listening_text(int fd);

}  // namespace docteur::cache_vm::on_linux
