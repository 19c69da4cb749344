#include "unikernel-example/platform/pvh/mdns.hpp"

#include <array>
#include <cstdio>
#include <new>
#include <utility>
#include <vector>

#include "lwip/igmp.h"
#include "lwip/ip.h"
#include "lwip/mld6.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "unikernel-example/platform/pvh/mdns_message.hpp"
#include "unikernel-example/platform/pvh/network_ip6.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint16_t kPort = 5353;
constexpr std::uint32_t kProbeInterval = 250;      // ms (RFC 6762, section 8.1)
constexpr std::uint32_t kAnnounceInterval = 1000;  // ms (section 8.3), and between two answers to all (section 6)
constexpr std::uint32_t kLook = 2000;              // ms between looks whether the addresses have changed
constexpr unsigned kProbes = 3, kAnnouncements = 2;

struct responder {
  netif* device = nullptr;
  udp_pcb* port = nullptr;
  std::string_view name;
  std::uint16_t http_port = 0;
  unsigned probes = 0, announcements = 0;  // that were sent
  bool is_ours = false;                    // the names were announced
  bool is_taken = false;                   // by another machine
  std::array<std::uint32_t, 5> said_at{};  // ms, of each record; 0: never
  std::vector<ip6_address> ip6;            // of the latest facts
  std::uint32_t ip4 = 0;
} self;

[[nodiscard]] mdns_facts facts() {
  const std::uint32_t ip4 = lwip_ntohl(ip4_addr_get_u32(netif_ip4_addr(self.device)));
  return {self.name, self.http_port, ip4 != 0 ? std::optional(ip4) : std::nullopt, self.ip6};
}

// True when the addresses are others than at the last call.
[[nodiscard]] bool look_at_addresses() {
  std::vector<ip6_address> now;
  for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; ++i)
    if (ip6_addr_ispreferred(netif_ip6_addr_state(self.device, i)))
      now.push_back(to_address(*netif_ip6_addr(self.device, i)));
  const std::uint32_t ip4 = ip4_addr_get_u32(netif_ip4_addr(self.device));
  if (now == self.ip6 && ip4 == self.ip4) return false;
  self.ip6 = std::move(now);
  self.ip4 = ip4;
  return true;
}

[[nodiscard]] ip_addr_t group4() {
  ip_addr_t out{};
  ip_addr_set_ip4_u32(&out, PP_HTONL(0xe00000fb));
  return out;
}
[[nodiscard]] ip_addr_t group6() {
  ip_addr_t out{};
  IP_ADDR6(&out, PP_HTONL(0xff020000), 0, 0, PP_HTONL(0xfb));
  return out;
}

void send(bytes message, const ip_addr_t& to, std::uint16_t port) {
  pbuf* const p = pbuf_alloc(PBUF_TRANSPORT, static_cast<u16_t>(message.size()), PBUF_RAM);
  if (p == nullptr) return;
  pbuf_take(p, message.data(), static_cast<u16_t>(message.size()));
  udp_sendto_if(self.port, p, &to, port, self.device);
  pbuf_free(p);
}

void send_to_all(bytes message) {
  if (self.ip4 != 0) send(message, group4(), kPort);
  if (!self.ip6.empty()) send(message, group6(), kPort);
}

// Records that were not sent to everybody within a second.
[[nodiscard]] unsigned may_say() {
  unsigned out = 0;
  for (std::size_t i = 0; i < self.said_at.size(); ++i)
    if (self.said_at[i] == 0 || sys_now() - self.said_at[i] >= kAnnounceInterval) out |= 1u << i;
  return out;
}

void note_said(unsigned records) {
  for (std::size_t i = 0; i < self.said_at.size(); ++i)
    if ((records >> i & 1) != 0) self.said_at[i] = sys_now() | 1;
}

void run(void*) {
  std::uint32_t next = kLook;
  try {
    if (look_at_addresses()) self.announcements = 0;
    if (self.ip4 == 0 && self.ip6.empty()) {
      next = kProbeInterval;
    } else if (self.probes < kProbes) {
      ++self.probes;
      send_to_all(mdns_probe(facts()));
      next = kProbeInterval;
    } else if (self.announcements < kAnnouncements) {
      ++self.announcements;
      if (!std::exchange(self.is_ours, true))
        std::printf("network: this is %.*s.local\n", static_cast<int>(self.name.size()), self.name.data());
      send_to_all(mdns_announcement(facts()));
      note_said(mdns_all);
      next = kAnnounceInterval;
    }
  } catch (const std::bad_alloc&) {
    next = kLook;
  }
  if (!self.is_taken) sys_timeout(next, run, nullptr);
}

// RFC 6762, section 11: whether the sender is on this link, so that nobody elsewhere can have answers sent to others.
[[nodiscard]] bool is_near(const ip_addr_t& from) {
  if (!IP_IS_V6_VAL(from))
    return ip4_addr_netcmp(ip_2_ip4(&from), netif_ip4_addr(self.device), netif_ip4_netmask(self.device));
  const ip6_address a = to_address(*ip_2_ip6(&from));
  if (is_link_local(a)) return true;
  for (const ip6_address& own : self.ip6)
    if (same_prefix(a, own, 64)) return true;
  return false;
}

void take(bytes message, const ip_addr_t& from, std::uint16_t port) {
  if (!self.is_ours) {
    if (self.probes == 0 || port != kPort || !contradicts(message, facts())) return;
    std::printf("network: another machine is %.*s.local, so this one does not answer to it\n",
                static_cast<int>(self.name.size()), self.name.data());
    self.is_taken = true;
    sys_untimeout(run, nullptr);
    return;
  }
  if (look_at_addresses()) self.announcements = 0;
  const mdns_answer answer = answer_mdns(message, facts(), port != kPort, may_say());
  if (answer.message.empty()) return;
  if (answer.to_sender) return send(answer.message, from, port);
  note_said(answer.records);
  send_to_all(answer.message);
}

void on_received(void*, udp_pcb*, pbuf* p, const ip_addr_t* from, u16_t port) {
  try {
    if (!self.is_taken && ip_addr_ismulticast(ip_current_dest_addr()) && is_near(*from) && p->next == nullptr)
      take({static_cast<const std::byte*>(p->payload), p->len}, *from, port);
  } catch (const std::bad_alloc&) {  // no exception may pass through lwIP
  }
  pbuf_free(p);
}

}  // namespace

void start_mdns(netif& n, std::string_view name, std::uint16_t http_port) {
  self.device = &n;
  self.name = name;
  self.http_port = http_port;
  self.port = udp_new_ip_type(IPADDR_TYPE_ANY);
  if (self.port == nullptr || udp_bind(self.port, IP_ANY_TYPE, kPort) != ERR_OK) return;
  self.port->ttl = 255;
  udp_set_multicast_ttl(self.port, 255);
  udp_recv(self.port, on_received, nullptr);
  const ip_addr_t four = group4(), six = group6();
  igmp_joingroup_netif(&n, ip_2_ip4(&four));
  if ((n.flags & NETIF_FLAG_MLD6) != 0) mld6_joingroup_netif(&n, ip_2_ip6(&six));
  sys_timeout(kProbeInterval, run, nullptr);
}

}  // namespace docteur::cache_vm::pvh
