#pragma once
// The sent segments that a client has received, as marks on lwIP's segments (RFC 6675, 3), and those that are lost.

#include <cstdint>

#include "lwip/priv/tcp_priv.h"
#include "unikernel-example/platform/pvh/sack_option.hpp"
#include "unikernel-example/platform/pvh/tcp_recovery.hpp"

namespace docteur::cache_vm::pvh {

// Marks on segments, in bits that lwIP does not use.
inline constexpr std::uint8_t kArrived = 0x20;      // the client has it
inline constexpr std::uint8_t kSentAgain = 0x40;    // retransmitted in this round trip
inline constexpr std::uint8_t kSentEarlier = 0x80;  // retransmitted in the previous one
inline constexpr std::uint8_t kResent = kSentAgain | kSentEarlier;
static_assert(((kArrived | kResent) & (TF_SEG_OPTS_MSS | TF_SEG_OPTS_TS | TF_SEG_DATA_CHECKSUMMED |
                                       TF_SEG_OPTS_WND_SCALE | TF_SEG_OPTS_SACK_PERM)) == 0);

inline std::uint32_t begin_of(const tcp_seg& s) { return lwip_ntohl(s.tcphdr->seqno); }
inline std::uint32_t size_of(const tcp_seg& s) { return TCP_TCPLEN(&s); }
inline std::uint32_t end_of(const tcp_seg& s) { return begin_of(s) + size_of(s); }

void clear_marks(tcp_pcb* pcb, tcp_recovery& r);

// Marks the segments that the client reports. True when any is new.
[[nodiscard]] bool mark_arrived(tcp_pcb* pcb, tcp_recovery& r, const arrived_ranges& arrived);

// The state of the unacknowledged segments.
struct flight {
  std::uint32_t furthest = 0;  // the end of the last segment that arrived
  std::uint32_t arrived = 0;   // bytes
  unsigned arrived_segments = 0;
  unsigned segments = 0;
};

[[nodiscard]] flight survey(const tcp_pcb* pcb);

// The number of later segments that must have arrived for a segment to count as lost. RFC 5827: fewer if fewer are in
// flight. A single one that was sent two round trips later is enough.
[[nodiscard]] unsigned threshold(const tcp_pcb* pcb, const tcp_recovery& r, const flight& f);

// Calls `each` for each segment known to be lost and not yet retransmitted, in order, until it returns false. `each`
// may unlink its segment. Returns the bytes in flight: neither arrived nor lost.
template <class Each>
std::uint32_t for_lost(tcp_pcb* pcb, const tcp_recovery& r, const flight& f, const Each& each) {
  const unsigned enough = threshold(pcb, r, f);
  std::uint32_t under_way = 0;
  unsigned behind = f.arrived_segments;
  bool wanted = true;
  for (tcp_seg** at = &pcb->unacked; *at != nullptr;) {
    tcp_seg* const s = *at;
    if ((s->flags & kArrived) != 0) {
      --behind;
    } else if (behind >= enough && (s->flags & kResent) == 0) {
      if (wanted) wanted = each(at);
      if (*at != s) continue;
    } else {
      under_way += size_of(*s);
    }
    at = &s->next;
  }
  return under_way;
}

}  // namespace docteur::cache_vm::pvh
