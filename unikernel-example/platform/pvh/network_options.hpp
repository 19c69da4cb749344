#pragma once
// The words of the command line that give the guest's addresses and its name on its network.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "unikernel-example/platform/pvh/ip6_address.hpp"

namespace docteur::cache_vm::pvh {

// No IPv6; a link-local address and those that routers advertise (RFC 4862); or a link-local one and `address`.
enum class ip6_way { off, automatic, fixed };

struct ip6_options {
  ip6_way way = ip6_way::automatic;
  ip6_address address{};               // if fixed
  unsigned prefix = 64;                // 64 to 128
  std::optional<ip6_address> gateway;  // in the network of `address`, or link-local
};

struct network_options {
  std::optional<std::uint32_t> address;  // as from parse_ip(); absent: DHCP
  unsigned prefix = 24;                  // 1 to 32
  std::optional<std::uint32_t> gateway;  // in the network of `address`
  ip6_options ip6;
  bool mdns = false;  // answers to `name`.local; needs a name
  std::string name;   // a label (RFC 1123, 2.1) for the DHCP server; "": none was given
};

// Takes `ip=`, `netmask=`, `gateway=`, `ip6=`, `gateway6=`, `name=` and `mdns=`; the last of several counts. A guest
// with ip=ADDRESS and no `ip6=` has no IPv6. Refuses `mac=` and `dns=`, for which there is no use, and ignores all
// other words. The error is one line of text.
[[nodiscard]] tl::expected<network_options, std::string> read_network_options(std::span<const std::string_view> words);

}  // namespace docteur::cache_vm::pvh
