#include "unikernel-example/platform/pvh/too_big_message.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#include "unikernel-example/platform/pvh/internet_checksum.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::size_t kIp6 = 40;     // bytes of an IPv6 header
constexpr std::size_t kIcmp6 = 8;    // of the message before what it quotes
constexpr std::size_t kSegment = 8;  // of a segment: ports and the sequence number
constexpr std::uint32_t kLeast = 1280;
constexpr std::byte kOfIcmp6{58}, kOfTcp{6}, kTooBig{2};

// RFC 8200, section 8.1. `message`: all that follows the header.
bool has_right_checksum(bytes header, bytes message) noexcept {
  std::array<std::byte, 40> pseudo{};
  std::memcpy(pseudo.data(), header.data() + 8, 32);
  store_be(pseudo.data() + 32, static_cast<std::uint32_t>(message.size()));
  pseudo[39] = kOfIcmp6;
  const std::uint32_t sum = std::uint32_t{internet_checksum(pseudo.data(), pseudo.size())} +
                            internet_checksum(message.data(), message.size());
  return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

ip6_address address_at(const std::byte* at) noexcept {
  ip6_address a;
  std::memcpy(a.data(), at, a.size());
  return a;
}

}  // namespace

std::optional<too_big_message> read_too_big(bytes packet) noexcept {
  if (packet.size() < kIp6 || packet[6] != kOfIcmp6) return std::nullopt;
  const std::size_t size = load_be<std::uint16_t>(packet.data() + 4);
  if (size > packet.size() - kIp6 || size < kIcmp6 + kIp6 + kSegment) return std::nullopt;
  const bytes message = packet.subspan(kIp6, size);
  const auto mtu = load_be<std::uint32_t>(message.data() + 4);
  const bytes quoted = message.subspan(kIcmp6);
  if (message[0] != kTooBig || mtu < kLeast || mtu > 0xffff || quoted[6] != kOfTcp) return std::nullopt;
  if (!has_right_checksum(packet.first(kIp6), message)) return std::nullopt;
  const std::byte* const segment = quoted.data() + kIp6;
  return too_big_message{static_cast<std::uint16_t>(mtu),     address_at(quoted.data() + 8),
                         address_at(quoted.data() + 24),      load_be<std::uint16_t>(segment),
                         load_be<std::uint16_t>(segment + 2), load_be<std::uint32_t>(segment + 4)};
}

}  // namespace docteur::cache_vm::pvh
