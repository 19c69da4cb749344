#include "unikernel-example/platform/pvh/connection_table.hpp"

#include <array>
#include <cstdint>

#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"

namespace docteur::cache_vm::pvh {
namespace {

std::array<tcp_pcb*, 2048> known;  // places: more than there can be connections (MEMP_NUM_TCP_PCB)

// Clients choose their ports one after another or at random, and either spreads them.
std::size_t place_of(const ip_addr_t& client, std::uint16_t port) noexcept {
  const std::uint32_t address = IP_IS_V6_VAL(client) ? ip_2_ip6(&client)->addr[2] ^ ip_2_ip6(&client)->addr[3]
                                                     : ip4_addr_get_u32(ip_2_ip4(&client));
  return (address >> 21 ^ address ^ port) % known.size();
}

}  // namespace

tcp_pcb* known_connection(const tcp_hdr& header) noexcept {
  tcp_pcb* const pcb = known[place_of(*ip_current_src_addr(), header.src)];
  if (pcb == nullptr || pcb->remote_port != header.src || pcb->local_port != header.dest) return nullptr;
  if (pcb->state <= LISTEN || pcb->state == TIME_WAIT) return nullptr;  // not in the list of active ones
  if (!ip_addr_cmp(&pcb->remote_ip, ip_current_src_addr())) return nullptr;
  return ip_addr_cmp(&pcb->local_ip, ip_current_dest_addr()) ? pcb : nullptr;
}

std::size_t note_connection(tcp_pcb* pcb) noexcept {
  const std::size_t place = place_of(pcb->remote_ip, pcb->remote_port);
  known[place] = pcb;
  return place;
}

void forget_connection(std::size_t place) noexcept { known[place] = nullptr; }

}  // namespace docteur::cache_vm::pvh
