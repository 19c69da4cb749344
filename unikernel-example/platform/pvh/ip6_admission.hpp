#pragma once
// Which received IPv6 packets lwIP gets to see. It checks some of what RFC 4861 demands of Neighbor Discovery, and not
// the rest: an option without a length, a link-layer address that is another option, a redirect by anyone, or an
// advertisement for an address that this guest has used for hours. All that is refused here, and so are extension
// headers, which no client of a web server needs.

#include <cstdint>
#include <span>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/ip6_address.hpp"

namespace docteur::cache_vm::pvh {

enum class ip6_verdict {
  refused,
  admitted,
  too_big,  // an ICMPv6 message Packet Too Big, whose checksum and content are not checked yet (path_mtu.hpp)
};

// `packet`: an IPv6 header and what follows it, untrusted, perhaps with padding behind it. `used`: the guest's
// addresses that are known to be unique. `hears_routers`: Router Advertisements are wanted.
[[nodiscard]] ip6_verdict judge_ip6(bytes packet, std::span<const ip6_address> used, bool hears_routers) noexcept;

}  // namespace docteur::cache_vm::pvh
