/* lwIP 2.1 and 2.2 for one single-threaded server: each value that differs from lwIP's default, and why. */
#pragma once

/* The raw interface, called from one loop. */
#define NO_SYS 1
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NO_CTYPE_H 1 /* lwIP's replacement clashes with glibc's header */

/* Buffers come from malloc. Their number is bounded per connection by the values below. */
#if __has_include("lwip/acd.h") /* 2.2 */
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC docteur_lwip_allocate
#define MEM_CUSTOM_FREE docteur_lwip_free
#define MEM_CUSTOM_CALLOC docteur_lwip_allocate_zeros
#else
#define MEM_LIBC_MALLOC 1
#define mem_clib_malloc docteur_lwip_allocate
#define mem_clib_free docteur_lwip_free
#define mem_clib_calloc docteur_lwip_allocate_zeros
#endif
#define MEM_ALIGNMENT 16
#define MEM_SIZE (64 * 1024 * 1024) /* not the size of a pool: it only makes lengths 32 bits wide */

/* The device sends frames from where they are (virtio_net.hpp): in one piece, with room for its header in front. */
#define PBUF_LINK_ENCAPSULATION_HLEN 16
#define LWIP_NETIF_TX_SINGLE_PBUF 1

/* Ethernet, IPv4, ARP, ICMP, DHCP. */
#define LWIP_IPV4 1
#define LWIP_ARP 1
#define ARP_TABLE_SIZE 1024 /* neighbours: at least as many as connections */
#define ARP_QUEUEING \
  0 /* only the latest packet for a neighbour waits for its address: a larger queue would use a shared pool */
#define LWIP_NETIF_HWADDRHINT \
  1 /* each connection remembers its neighbour's place in that table, or its destination's */
#define LWIP_ICMP 1
#define LWIP_IGMP 1 /* mdns.hpp */
#define LWIP_RAW 0
#define LWIP_UDP 1
#define LWIP_DHCP 1
#define DHCP_DOES_ARP_CHECK 0      /* it would delay each start by a second or more */
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* the same in 2.2 */
#define LWIP_DHCP_CHECK_LINK_UP 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_HOSTNAME 1
#define IP_REASSEMBLY 0 /* TCP does not need it, and attacks use it */
#define IP_FRAG 0

/* IPv6, Neighbor Discovery, Multicast Listener Discovery; what is let in: ip6_admission.hpp. */
#define LWIP_IPV6 1
#define LWIP_IPV6_SCOPES 0          /* there is one link */
#define LWIP_IPV6_NUM_ADDRESSES 4   /* the link-local one, and those of three prefixes, or the one that was set */
#define LWIP_ND6_NUM_NEIGHBORS 1024 /* as in ARP's table; needs lwip_changes.cmake */
#define LWIP_ND6_NUM_DESTINATIONS 1024
#define LWIP_ND6_NUM_PREFIXES 4 /* that routers may advertise */
#define LWIP_ND6_NUM_ROUTERS 4
#define LWIP_ND6_QUEUEING 0 /* as ARP_QUEUEING */
#define MEMP_NUM_MLD6_GROUP 8
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_HOOK_ND6_GET_GW docteur_lwip_gateway
#define LWIP_IPV6_REASS 0 /* as IP_REASSEMBLY */
#define LWIP_IPV6_FRAG 0  /* path_mtu.hpp makes segments smaller instead */

/* TCP. */
#define LWIP_TCP 1
#define TCP_MSS 1460
#define TCP_MSL 500 /* ms: with lwIP's minute, a client that reuses a port within two minutes hangs */
#define LWIP_TCP_KEEPALIVE 1
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 255
#define LWIP_WND_SCALE 1         /* clients' windows may exceed 64 KiB */
#define TCP_RCV_SCALE 0          /* ours need not: requests are short */
#define TCP_WND (8 * 1024)       /* bytes received and not yet read by the application, per connection */
#define TCP_SND_BUF (512 * 1024) /* bytes sent and not yet acknowledged, per connection */
#define TCP_SND_QUEUELEN 1024    /* segments of those: enough for a full buffer of segments a third filled */
#define TCP_SNDLOWAT (32 * 1024) /* unused, but lwIP requires it to be well below 64 KiB */
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN / 2)
/* Data that arrives out of order is not kept: requests are short, and it would occupy shared buffers. SACK is used for
   sent data (tcp_recovery.hpp), but lwIP negotiates it only if this queue exists. */
#define LWIP_TCP_SACK_OUT 1
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_BYTES_LIMIT(pcb) 0
#define TCP_OOSEQ_PBUFS_LIMIT(pcb) 0
#define TCP_TMR_INTERVAL 30 /* ms: the shortest retransmission time-out, 6 of these, is 180 ms instead of 1.5 s */
#define LWIP_TCP_PCB_NUM_EXT_ARGS 1 /* tcp_recovery.hpp */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, options, in_first, in_second, p) \
  docteur_lwip_segment(pcb, header, (in_first) == (options) ? (options) : 0)
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_HOOK_TCP_ISN docteur_lwip_sequence_number /* RFC 6528 */
#define LWIP_HOOK_FILENAME "hooks.h"

/* Pools: the most that can exist at a time. */
#define MEMP_NUM_TCP_PCB 1536 /* kMostConnections, kMostHalfOpen, and those that are closing */
#define MEMP_NUM_TCP_PCB_LISTEN 8
#define MEMP_NUM_TCP_SEG 16384
#define MEMP_NUM_PBUF 64  /* few: tcp_write() copies all that is sent */
#define PBUF_POOL_SIZE 64 /* frames only while lwIP processes them: their data is copied */
#define PBUF_POOL_BUFSIZE 1536
#define MEMP_NUM_UDP_PCB 4
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 2) /* tcp_recovery.hpp, mdns.hpp */

/* Checksums are ours, 64 bytes at a time. Frames that the host vouches for are not checked again (network.cpp). */
#define LWIP_CHKSUM docteur_lwip_checksum
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

#define LWIP_STATS 0
#define LWIP_DEBUG 0
