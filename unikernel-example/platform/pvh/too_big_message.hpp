#pragma once
// ICMPv6's Packet Too Big (RFC 4443, section 3.2): a packet did not pass a link, and how large it may be.

#include <cstdint>
#include <optional>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/ip6_address.hpp"

namespace docteur::cache_vm::pvh {

struct too_big_message {
  std::uint16_t mtu = 0;  // bytes; at least the 1,280 that each link must pass (RFC 8201, section 4)
  // The TCP segment that it quotes.
  ip6_address from{}, to{};
  std::uint16_t from_port = 0, to_port = 0;
  std::uint32_t sequence = 0;
};

// `packet`: an IPv6 header and what follows it, untrusted. nullopt when it is no such message, its checksum is wrong,
// or it quotes no segment.
[[nodiscard]] std::optional<too_big_message> read_too_big(bytes packet) noexcept;

}  // namespace docteur::cache_vm::pvh
