/* Our functions that lwIP calls; defined in lwip_hooks.cpp. */
#pragma once

#include "lwip/err.h"
#include "lwip/ip_addr.h"

struct tcp_hdr;
struct tcp_pcb;
struct netif;

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 6528: a keyed hash of the connection, and a clock of 4 us. */
u32_t docteur_lwip_sequence_number(const ip_addr_t* local, u16_t local_port, const ip_addr_t* remote,
                                   u16_t remote_port);

/* The next hop of an IPv6 packet; NULL: lwIP decides (network_ip6.cpp). */
const ip6_addr_t* docteur_lwip_gateway(struct netif* interface, const ip6_addr_t* to);

/* Where the search for a segment's connection begins in the list of active ones; ports in the host's order. */
struct tcp_pcb* docteur_lwip_first_connection(const struct tcp_hdr* header);

/* Called before lwIP processes a segment for `pcb`; `options` bytes of options follow its header. */
err_t docteur_lwip_segment(struct tcp_pcb* pcb, const struct tcp_hdr* header, u16_t options);

#ifdef __cplusplus
}
#endif
