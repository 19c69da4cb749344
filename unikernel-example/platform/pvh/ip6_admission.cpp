#include "unikernel-example/platform/pvh/ip6_admission.hpp"

#include <algorithm>
#include <cstddef>

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::size_t kHeader = 40;  // RFC 8200, section 3

enum next_header : unsigned { hop_by_hop = 0, tcp = 6, udp = 17, icmp6 = 58 };
enum message : unsigned {
  packet_too_big = 2,
  echo_request = 128,
  listener_query = 130,  // RFC 2710
  listener_done = 132,
  router_advertisement = 134,  // RFC 4861, section 4
  neighbor_solicitation = 135,
  neighbor_advertisement = 136,
};
enum option : unsigned { source_link_layer = 1, target_link_layer = 2 };

unsigned at(bytes b, std::size_t i) noexcept { return std::to_integer<unsigned>(b[i]); }

ip6_address address_at(bytes b, std::size_t i) noexcept {
  ip6_address a;
  for (std::size_t n = 0; n < a.size(); ++n) a[n] = std::to_integer<std::uint8_t>(b[i + n]);
  return a;
}

bool is_multicast(const ip6_address& a) noexcept { return a[0] == 0xff; }

// ff02::1:ff00:0/104
bool is_solicited_node(const ip6_address& a) noexcept {
  constexpr ip6_address kGroup{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  return same_prefix(a, kGroup, 104);
}

// RFC 4861, section 4.6: each has a length above 0 and ends inside. Those of link-layer addresses have that of
// Ethernet.
bool are_options(bytes options) noexcept {
  while (!options.empty()) {
    if (options.size() < 2) return false;
    const unsigned type = at(options, 0);
    const std::size_t size = std::size_t{8} * at(options, 1);
    if (size == 0 || size > options.size()) return false;
    if ((type == source_link_layer || type == target_link_layer) && size != 8) return false;
    options = options.subspan(size);
  }
  return true;
}

bool begins_with(bytes options, option type) noexcept { return !options.empty() && at(options, 0) == type; }

struct packet_view {
  ip6_address source, destination;
  unsigned hop_limit;
  bytes body;  // of ICMPv6
};

// RFC 4861, section 6.1.2
bool is_router_advertisement(const packet_view& p) noexcept {
  constexpr std::size_t kFixed = 16;
  return p.body.size() >= kFixed && is_link_local(p.source) && are_options(p.body.subspan(kFixed));
}

constexpr std::size_t kNeighborFixed = 24;  // of solicitation and advertisement; the target begins at 8

// RFC 4861, section 7.1.1. A sender with an address says where it is.
bool is_solicitation(const packet_view& p) noexcept {
  if (p.body.size() < kNeighborFixed || is_multicast(address_at(p.body, 8))) return false;
  const bytes options = p.body.subspan(kNeighborFixed);
  if (!are_options(options)) return false;
  if (p.source != ip6_address{}) return begins_with(options, source_link_layer);
  return is_solicited_node(p.destination) && !begins_with(options, source_link_layer);
}

// RFC 4861, section 7.1.2. What is about a used address of ours comes too late for the detection of duplicates (RFC
// 4862, section 5.4.4).
bool is_advertisement(const packet_view& p, std::span<const ip6_address> used) noexcept {
  constexpr unsigned kSolicited = 0x40;
  if (p.body.size() < kNeighborFixed) return false;
  const ip6_address target = address_at(p.body, 8);
  if (is_multicast(target) || std::ranges::find(used, target) != used.end()) return false;
  if (is_multicast(p.destination) && (at(p.body, 4) & kSolicited) != 0) return false;
  const bytes options = p.body.subspan(kNeighborFixed);
  return are_options(options) && (options.empty() || begins_with(options, target_link_layer));
}

ip6_verdict judge_icmp6(const packet_view& p, std::span<const ip6_address> used, bool hears_routers) noexcept {
  const auto admit_if = [](bool good) { return good ? ip6_verdict::admitted : ip6_verdict::refused; };
  if (p.body.size() < 8) return ip6_verdict::refused;
  const unsigned type = at(p.body, 0);
  if (type == echo_request) return ip6_verdict::admitted;
  if (type == packet_too_big) return ip6_verdict::too_big;
  const bool is_of_link = p.hop_limit == 255 && at(p.body, 1) == 0;  // no router has passed it on
  if (type == router_advertisement) return admit_if(hears_routers && is_of_link && is_router_advertisement(p));
  if (type == neighbor_solicitation) return admit_if(is_of_link && is_solicitation(p));
  if (type == neighbor_advertisement) return admit_if(is_of_link && is_advertisement(p, used));
  return ip6_verdict::refused;
}

// RFC 2710, sections 3 and 5: the header of options, here of one that alerts routers, and the message of 24 bytes.
bool is_listener_message(const packet_view& p, bytes behind) noexcept {
  constexpr std::size_t kOptions = 8;
  if (behind.size() < kOptions + 24 || at(behind, 0) != icmp6 || at(behind, 1) != 0) return false;
  const unsigned type = at(behind, kOptions);
  return type >= listener_query && type <= listener_done && p.hop_limit == 1 && is_link_local(p.source);
}

}  // namespace

ip6_verdict judge_ip6(bytes packet, std::span<const ip6_address> used, bool hears_routers) noexcept {
  if (packet.size() < kHeader || at(packet, 0) >> 4 != 6) return ip6_verdict::refused;
  const std::size_t size = std::size_t{at(packet, 4)} << 8 | at(packet, 5);
  if (size > packet.size() - kHeader) return ip6_verdict::refused;
  const bytes behind = packet.subspan(kHeader, size);
  const packet_view p{address_at(packet, 8), address_at(packet, 24), at(packet, 7), behind};
  switch (at(packet, 6)) {
    case tcp:
    case udp: return ip6_verdict::admitted;
    case icmp6: return judge_icmp6(p, used, hears_routers);
    case hop_by_hop: return is_listener_message(p, behind) ? ip6_verdict::admitted : ip6_verdict::refused;
    default: return ip6_verdict::refused;
  }
}

}  // namespace docteur::cache_vm::pvh
