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

/* Frames are handed to the device where they lie (net.hpp): in one piece, with room for its own header in front. */
#define PBUF_LINK_ENCAPSULATION_HLEN 16
#define LWIP_NETIF_TX_SINGLE_PBUF 1

/* Ethernet, IPv4, ARP, ICMP, DHCP. */
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define ARP_QUEUEING 1
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
#define TCP_WND (16 * 1024)      /* bytes received and not yet read by the application, per connection */
#define TCP_SND_BUF (128 * 1024) /* bytes sent and not yet acknowledged, per connection */
#define TCP_SND_QUEUELEN 512     /* segments of those: even half-filled ones make a full buffer */
#define TCP_SNDLOWAT (32 * 1024) /* for nobody, but lwIP insists that there be room between it and 64 KiB */
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN / 2)
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_BYTES TCP_WND
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_HOOK_TCP_ISN docteur_lwip_sequence_number /* RFC 6528 */
#define LWIP_HOOK_FILENAME "hooks.h"

/* Pools: these are all that there can be at a time. */
#define MEMP_NUM_TCP_PCB 1280 /* connections, those that are closing included; kMostConnections is less */
#define MEMP_NUM_TCP_PCB_LISTEN 8
#define MEMP_NUM_TCP_SEG 16384
#define MEMP_NUM_PBUF 64 /* nothing is sent without a copy by tcp_write() */
#define PBUF_POOL_SIZE 512
#define PBUF_POOL_BUFSIZE 1536
#define MEMP_NUM_UDP_PCB 4
#define MEMP_NUM_ARP_QUEUE 32

/* Checksums: ours, 64 bytes at a time. What the host vouches for is not checked again (network.cpp). */
#define LWIP_CHKSUM docteur_lwip_checksum
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

#define LWIP_STATS 0
#define LWIP_DEBUG 0
