/* lwIP 2.1 and 2.2 for one single-threaded server: each value that differs from lwIP's own, and why. */
#pragma once

/* The raw interface, called from one loop. */
#define NO_SYS 1
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NO_CTYPE_H 1 /* lwIP's header clashes with glibc's where it thinks that there is none */

/* Buffers come from malloc, as many as are in use; bounded by what follows, per connection. */
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
#define MEM_SIZE (64 * 1024 * 1024) /* no pool of that size: it only makes lengths 32 bits wide */

/* Frames are handed to the device where they lie (virtio_net.hpp): in one piece, with room for its own header in front.
 */
#define PBUF_LINK_ENCAPSULATION_HLEN 16
#define LWIP_NETIF_TX_SINGLE_PBUF 1

/* Ethernet, IPv4, ARP, ICMP, DHCP. */
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define ARP_TABLE_SIZE 1024 /* neighbours: more than there may be connections */
#define ARP_QUEUEING \
  0 /* the latest packet for a neighbour waits for its address: a pool of many would be everybody's */
#define LWIP_NETIF_HWADDRHINT 1 /* each connection knows its neighbour's place in that table */
#define LWIP_ICMP 1
#define LWIP_RAW 0
#define LWIP_UDP 1
#define LWIP_DHCP 1
#define DHCP_DOES_ARP_CHECK 0      /* would delay each start by a second or more */
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* the same in 2.2 */
#define LWIP_DHCP_CHECK_LINK_UP 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_HOSTNAME 1
#define IP_REASSEMBLY 0 /* TCP does not need it, and it is what attacks use */
#define IP_FRAG 0

/* TCP. */
#define LWIP_TCP 1
#define TCP_MSS 1460
#define TCP_MSL 500 /* ms: with a minute, a client that uses a port again within two hangs */
#define LWIP_TCP_KEEPALIVE 1
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 255
#define LWIP_WND_SCALE 1         /* so that clients' windows may be larger than 64 KiB */
#define TCP_RCV_SCALE 0          /* our own is not: requests are short */
#define TCP_WND (8 * 1024)       /* bytes received and not yet read by the application, per connection */
#define TCP_SND_BUF (128 * 1024) /* bytes sent and not yet acknowledged, per connection */
#define TCP_SND_QUEUELEN 512     /* segments of those: even half-filled ones make a full buffer */
#define TCP_SNDLOWAT (32 * 1024) /* for nobody, but lwIP insists that there be room between it and 64 KiB */
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN / 2)
/* What arrives out of order is not kept: requests are short, and it would be others' buffers. SACK is for what is sent
   (tcp_recovery.hpp), and lwIP agrees to it only with such a queue. */
#define LWIP_TCP_SACK_OUT 1
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_BYTES_LIMIT(pcb) 0
#define TCP_OOSEQ_PBUFS_LIMIT(pcb) 0
#define TCP_TMR_INTERVAL 30 /* ms: so that the least retransmission time-out, 6 of these, is 180 ms and not 1.5 s */
#define LWIP_TCP_PCB_NUM_EXT_ARGS 1 /* tcp_recovery.hpp */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, options, in_first, in_second, p) \
  docteur_lwip_segment(pcb, header, (in_first) == (options) ? (options) : 0)
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_HOOK_TCP_ISN docteur_lwip_sequence_number /* RFC 6528 */
#define LWIP_HOOK_FILENAME "hooks.h"

/* Pools: these are all that there can be at a time. */
#define MEMP_NUM_TCP_PCB 1536 /* kMostConnections, kMostHalfOpen, and those that are closing */
#define MEMP_NUM_TCP_PCB_LISTEN 8
#define MEMP_NUM_TCP_SEG 16384
#define MEMP_NUM_PBUF 64  /* nothing is sent without a copy by tcp_write() */
#define PBUF_POOL_SIZE 64 /* frames while lwIP works on them: what they hold is copied, and they are free again */
#define PBUF_POOL_BUFSIZE 1536
#define MEMP_NUM_UDP_PCB 4
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1) /* tcp_recovery.hpp */

/* Checksums: ours, 64 bytes at a time. What the host vouches for is not checked again (network.cpp). */
#define LWIP_CHKSUM docteur_lwip_checksum
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

#define LWIP_STATS 0
#define LWIP_DEBUG 0
