#pragma once
// The responder for Multicast DNS (mdns_message.hpp) on the network device.

#include <cstdint>
#include <string_view>

#include "lwip/netif.h"

namespace docteur::cache_vm::pvh {

// Once, after the device is set up. `name` stays valid. As soon as there is an address, the names are probed for most
// of a second and then announced; if another machine has them, a line on the console says so, and nothing is answered.
void start_mdns(netif& n, std::string_view name, std::uint16_t http_port);

}  // namespace docteur::cache_vm::pvh
