#pragma once
// What systemd expects of a service (sd_notify(3), sd_listen_fds(3)), without its library. Hosted, Linux.

#include <string_view>
#include <vector>

#include "object/failure.hpp"

namespace docteur::cache_vm::on_linux {

// Sends `state`, lines "NAME=VALUE", to the socket that NOTIFY_SOCKET names; nothing if it names none. Failures are
// ignored, as sd_notify's are.
void notify_service_manager(std::string_view state) noexcept;

// The listening stream sockets that this process was handed, non-blocking, each of which the caller closes. A second
// call returns none. Errors: environment when there are none, or one is of another kind.
[[nodiscard]] outcome<std::vector<int>> take_handed_sockets();

}  // namespace docteur::cache_vm::on_linux
