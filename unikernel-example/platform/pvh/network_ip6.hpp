#pragma once
// The IPv6 side of the network device: addresses, routes, and what is let in.

#include <string>

#include "lwip/ip6_addr.h"
#include "lwip/netif.h"
#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/network_options.hpp"

namespace docteur::cache_vm::pvh {

// For the one device of the guest, before it is set up. Each address is used when nobody else on the link has claimed
// it for a second (RFC 4862, section 5.4): nothing waits for that, and a line on the console says how it ended.
void start_ip6(netif& n, const ip6_options& o);
// Whether lwIP may have a received Ethernet frame; true for all that is not IPv6.
[[nodiscard]] bool admits_frame(const netif& n, bytes frame);
// "2001:db8::2/64 gateway fe80::1, fe80::5054:ff:fe12:3456/64 (unconfirmed)"; "" when IPv6 is off.
[[nodiscard]] std::string ip6_status(const netif& n);

[[nodiscard]] ip6_address to_address(const ip6_addr_t& a);
[[nodiscard]] ip6_addr_t to_lwip(const ip6_address& a);

}  // namespace docteur::cache_vm::pvh
