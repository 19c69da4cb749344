// The functions that lwIP calls: time, randomness, checksums, assertions.

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "lwip/hooks.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/connection_table.hpp"
#include "unikernel-example/platform/pvh/internet_checksum.hpp"
#include "unikernel-example/platform/pvh/power.hpp"
#include "unikernel-example/platform/pvh/random.hpp"
#include "unikernel-example/platform/pvh/siphash.hpp"
#include "unikernel-example/platform/pvh/tcp_admission.hpp"
#include "unikernel-example/platform/pvh/tcp_recovery.hpp"

using namespace docteur::cache_vm::pvh;

u32_t sys_now(void) { return static_cast<u32_t>(monotonic_ns() / 1'000'000); }

std::uint32_t docteur_lwip_random(void) { return static_cast<std::uint32_t>(random_number()); }

void docteur_lwip_assertion(const char* message, const char* file, int line) {
  std::printf("lwIP: %s (%s:%d)\n", message, file, line);
  end_with_failure("an assertion of the TCP/IP library failed");
}

u16_t docteur_lwip_checksum(const void* data, int size) {
  return internet_checksum(data, static_cast<std::size_t>(size));
}

u32_t docteur_lwip_sequence_number(const ip_addr_t* local, u16_t local_port, const ip_addr_t* remote,
                                   u16_t remote_port) {
  static const std::array<std::uint64_t, 2> secret{random_number(), random_number()};
  const std::uint64_t ports = std::uint64_t{local_port} << 16 | remote_port;
  std::array<std::uint64_t, 5> words{ports};
  if (IP_IS_V6(local)) {
    std::memcpy(&words[1], ip_2_ip6(local)->addr, 16);
    std::memcpy(&words[3], ip_2_ip6(remote)->addr, 16);
  } else {
    words[1] = ip4_addr_get_u32(ip_2_ip4(local));
    words[3] = ip4_addr_get_u32(ip_2_ip4(remote));
  }
  return static_cast<u32_t>(siphash(secret, words) + monotonic_ns() / 4000);
}

tcp_pcb* docteur_lwip_first_connection(const tcp_hdr* header) {
  // Of a single busy client it is the first one.
  if (tcp_active_pcbs == nullptr || tcp_active_pcbs->remote_port == header->src) return tcp_active_pcbs;
  tcp_pcb* const known = known_connection(*header);
  return known != nullptr ? known : tcp_active_pcbs;
}

err_t docteur_lwip_segment(tcp_pcb* pcb, const tcp_hdr* header, u16_t options) {
  if (pcb->state == LISTEN) {
    if ((TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
      admit(*reinterpret_cast<const tcp_pcb_listen*>(pcb));
  } else {
    before_segment(pcb, {reinterpret_cast<const std::byte*>(header + 1), options});
  }
  return ERR_OK;
}
