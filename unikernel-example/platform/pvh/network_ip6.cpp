#include "unikernel-example/platform/pvh/network_ip6.hpp"

#include <array>
#include <cstdio>
#include <cstring>

#include "lwip/ethip6.h"
#include "lwip/hooks.h"
#include "lwip/priv/nd6_priv.h"
#include "unikernel-example/platform/pvh/ip6_admission.hpp"
#include "unikernel-example/platform/pvh/path_mtu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

ip6_options settings{ip6_way::off, {}, 64, {}};
ip6_addr_t gateway{};

constexpr std::size_t kEthernet = 14;

[[nodiscard]] bool is_ip6(bytes frame) {
  return frame.size() >= kEthernet && frame[12] == std::byte{0x86} && frame[13] == std::byte{0xdd};
}

[[nodiscard]] ip6_address address_of(const netif& n, int i) { return to_address(*netif_ip6_addr(&n, i)); }

[[nodiscard]] std::string with_prefix(const ip6_address& a) {
  const bool is_set = settings.way == ip6_way::fixed && a == settings.address;
  return ip6_text(a) + "/" + std::to_string(is_set ? settings.prefix : 64);
}

[[nodiscard]] std::string router_text() {
  if (settings.way == ip6_way::fixed) return settings.gateway ? " gateway " + ip6_text(*settings.gateway) : "";
  for (int i = 0; i < LWIP_ND6_NUM_ROUTERS; ++i)
    if (const nd6_neighbor_cache_entry* const router = default_router_list[i].neighbor_entry)
      return " gateway " + ip6_text(to_address(router->next_hop_address));
  return "";
}

void tell_state(netif* n, netif_nsc_reason_t why, const netif_ext_callback_args_t* what) {
  if ((why & LWIP_NSC_IPV6_ADDR_STATE_CHANGED) == 0) return;
  const int i = what->ipv6_addr_state_changed.addr_index;
  const unsigned before = what->ipv6_addr_state_changed.old_state;
  const unsigned now = netif_ip6_addr_state(n, i);
  const ip6_address a = address_of(*n, i);
  if (ip6_addr_isvalid(now) && !ip6_addr_isvalid(before)) {
    std::printf("network: %s\n", with_prefix(a).c_str());
  } else if (ip6_addr_isduplicated(now)) {
    std::printf("network: another machine has %s, so it is not used\n", ip6_text(a).c_str());
  } else if (ip6_addr_isinvalid(now)) {
    std::printf("network: %s has expired\n", ip6_text(a).c_str());
  }
}

}  // namespace

ip6_address to_address(const ip6_addr_t& a) {
  ip6_address out;
  std::memcpy(out.data(), a.addr, out.size());
  return out;
}

ip6_addr_t to_lwip(const ip6_address& a) {
  ip6_addr_t out{};
  std::memcpy(out.addr, a.data(), a.size());
  return out;
}

void start_ip6(netif& n, const ip6_options& o) {
  settings = o;
  if (o.way == ip6_way::off) {
    n.flags &= static_cast<u8_t>(~NETIF_FLAG_MLD6);
    return;
  }
  static netif_ext_callback_t listening;
  netif_add_ext_callback(&listening, tell_state);
  netif_create_ip6_linklocal_address(&n, 1);
  netif_set_ip6_autoconfig_enabled(&n, o.way == ip6_way::automatic);
  if (o.way == ip6_way::automatic) return;
  if (o.gateway) gateway = to_lwip(*o.gateway);
  const ip6_addr_t address = to_lwip(o.address);
  s8_t place = 0;
  if (netif_add_ip6_address(&n, &address, &place) != ERR_OK) return;
  // With lwIP's mark of a static address, its network would have 64 bits whatever `prefix` is. Nothing changes the life
  // time, since no router is heard.
  netif_ip6_addr_set_valid_life(&n, place, IP6_ADDR_LIFE_INFINITE);
  netif_ip6_addr_set_pref_life(&n, place, IP6_ADDR_LIFE_INFINITE);
}

bool admits_frame(const netif& n, bytes frame) {
  if (!is_ip6(frame)) return true;
  if (settings.way == ip6_way::off) return false;
  std::array<ip6_address, LWIP_IPV6_NUM_ADDRESSES> used;
  std::size_t count = 0;
  for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; ++i)
    if (ip6_addr_isvalid(netif_ip6_addr_state(&n, i))) used[count++] = address_of(n, i);
  const bytes packet = frame.subspan(kEthernet);
  switch (judge_ip6(packet, {used.data(), count}, settings.way == ip6_way::automatic)) {
    case ip6_verdict::admitted: return true;
    case ip6_verdict::too_big: return narrow_path(packet);
    case ip6_verdict::refused: break;
  }
  return false;
}

std::string ip6_status(const netif& n) {
  std::string out;
  for (int i = LWIP_IPV6_NUM_ADDRESSES - 1; i >= 0; --i) {  // the link-local one is the first
    const unsigned state = netif_ip6_addr_state(&n, i);
    if (ip6_addr_isinvalid(state)) continue;
    if (!out.empty()) out += ", ";
    out += with_prefix(address_of(n, i));
    if (i > 0 && ip6_addr_isvalid(state)) out += router_text();
    if (ip6_addr_istentative(state)) out += " (unconfirmed)";
    if (ip6_addr_isduplicated(state)) out += " (of another machine)";
  }
  return out;
}

}  // namespace docteur::cache_vm::pvh

// For an address that is not link-local. nullptr: a router that was heard of.
const ip6_addr_t* docteur_lwip_gateway(struct netif*, const ip6_addr_t* to) {
  using namespace docteur::cache_vm::pvh;
  if (settings.way != ip6_way::fixed) return nullptr;
  if (same_prefix(to_address(*to), settings.address, settings.prefix)) return to;
  return settings.gateway ? &gateway : nullptr;
}
