#include "unikernel-example/platform/pvh/tcp_recovery.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"

namespace docteur::cache_vm::pvh {
namespace {

// Marks on segments, in bits that lwIP does not use.
constexpr std::uint8_t kArrived = 0x20;      // the client has it
constexpr std::uint8_t kSentAgain = 0x40;    // in this round trip
constexpr std::uint8_t kSentEarlier = 0x80;  // in the one before
constexpr std::uint8_t kResent = kSentAgain | kSentEarlier;
static_assert(((kArrived | kResent) & (TF_SEG_OPTS_MSS | TF_SEG_OPTS_TS | TF_SEG_DATA_CHECKSUMMED |
                                       TF_SEG_OPTS_WND_SCALE | TF_SEG_OPTS_SACK_PERM)) == 0);

constexpr unsigned kDuplicates = 3;                                // RFC 5681: so many segments behind one that is lost
constexpr std::uint32_t kFirstWindow = 10;                         // segments, RFC 6928
constexpr std::uint32_t kLeastPatience = 10;                       // ms until a probe
constexpr std::uint32_t kProbeInterval = 5;                        // ms between looks at whether one is due
constexpr std::uint16_t kFirstTimeOut = 1000 / TCP_SLOW_INTERVAL;  // RFC 6298, 2.1; lwIP has 3 s

struct sequence_range {
  std::uint32_t begin, end;
};

// The segment that lwIP works on.
struct {
  tcp_pcb* pcb = nullptr;
  tcp_state state = CLOSED;
  std::uint32_t acknowledged = 0;  // before it
  std::uint32_t window = 0;
  std::array<sequence_range, 4> arrived;
  std::size_t arrived_count = 0;
} heard;

recovery_counters counters;

std::uint32_t begin_of(const tcp_seg& s) { return lwip_ntohl(s.tcphdr->seqno); }
std::uint32_t size_of(const tcp_seg& s) { return TCP_TCPLEN(&s); }
std::uint32_t end_of(const tcp_seg& s) { return begin_of(s) + size_of(s); }

void read_arrived(bytes options) {
  constexpr std::uint8_t kEnd = 0, kNothing = 1, kSack = 5;
  heard.arrived_count = 0;
  while (!options.empty()) {
    const auto kind = std::to_integer<std::uint8_t>(options[0]);
    if (kind == kEnd) return;
    if (kind == kNothing) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2) return;
    const auto size = std::to_integer<std::size_t>(options[1]);
    if (size < 2 || size > options.size()) return;
    if (kind == kSack) {
      for (std::size_t at = 2; at + 8 <= size && heard.arrived_count < heard.arrived.size(); at += 8)
        heard.arrived[heard.arrived_count++] = {load_be<std::uint32_t>(options.data() + at),
                                                load_be<std::uint32_t>(options.data() + at + 4)};
    }
    options = options.subspan(size);
  }
}

void clear_marks(tcp_pcb* pcb, tcp_recovery& r) {
  if (!std::exchange(r.marked, false)) return;
  for (tcp_seg* list : {pcb->unacked, pcb->unsent})
    for (tcp_seg* s = list; s != nullptr; s = s->next) s->flags &= static_cast<u8_t>(~(kArrived | kResent));
}

// Marks what the client says it has. True when that is news.
bool mark_arrived(tcp_pcb* pcb, tcp_recovery& r) {
  bool news = false;
  for (tcp_seg* s = pcb->unacked; s != nullptr && heard.arrived_count > 0; s = s->next) {
    if ((s->flags & kArrived) != 0) continue;
    for (std::size_t i = 0; i < heard.arrived_count; ++i) {
      const sequence_range& range = heard.arrived[i];
      if (!TCP_SEQ_GEQ(begin_of(*s), range.begin) || !TCP_SEQ_LEQ(end_of(*s), range.end)) continue;
      s->flags |= kArrived;
      r.marked = news = true;
      break;
    }
  }
  return news;
}

// What is known of the segments that are not acknowledged.
struct flight {
  std::uint32_t furthest = 0;  // the end of the last segment that arrived
  std::uint32_t arrived = 0;   // bytes
  unsigned arrived_segments = 0;
  unsigned segments = 0;
};

flight survey(const tcp_pcb* pcb) {
  flight f{.furthest = pcb->lastack};
  for (const tcp_seg* s = pcb->unacked; s != nullptr; s = s->next) {
    ++f.segments;
    if ((s->flags & kArrived) == 0) continue;
    f.furthest = end_of(*s);
    f.arrived += size_of(*s);
    ++f.arrived_segments;
  }
  return f;
}

// How many segments behind one have to have arrived for it to be lost. RFC 5827: fewer when there are no more of them.
// A single one that was sent two round trips later says enough.
unsigned threshold(const tcp_pcb* pcb, const tcp_recovery& r, const flight& f) {
  if (r.probe_end != 0 && TCP_SEQ_LT(pcb->lastack, r.probe_end)) return 1;
  if (pcb->unsent != nullptr || f.segments > kDuplicates) return kDuplicates;
  return f.segments > 1 ? f.segments - 1 : 1;
}

// Calls `each` with the segments that are known to be lost and were not sent again, in order, until it says false.
// `each` may unlink its segment. Returns the bytes that are under way: neither arrived nor lost.
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

void begin(tcp_pcb* pcb, tcp_recovery& r) {
  const std::uint32_t sent = std::min<std::uint32_t>(heard.window, pcb->snd_nxt - pcb->lastack);
  r.active = true;
  r.recover = r.epoch_end = pcb->snd_nxt;
  r.target = std::max<std::uint32_t>(sent / 2, 2u * pcb->mss);  // RFC 5681, equation 4
  pcb->ssthresh = static_cast<tcpwnd_size_t>(r.target);
  pcb->rtime = 0;
}

// What was sent after a segment was sent again has arrived: so that one is lost once more.
void begin_round_trip(tcp_pcb* pcb, tcp_recovery& r, const flight& f) {
  if (!TCP_SEQ_GT(f.furthest, r.epoch_end)) return;
  r.epoch_end = pcb->snd_nxt;
  for (tcp_seg* s = pcb->unacked; s != nullptr; s = s->next) {
    const bool again = (s->flags & kSentAgain) != 0;
    s->flags &= static_cast<u8_t>(~kResent);
    if (again) s->flags |= kSentEarlier;
  }
}

// Moves *at to where lwIP sends from, in front of *into. False when the device has not even sent it.
bool move(tcp_recovery& r, tcp_seg** at, tcp_seg** into) {
  tcp_seg* const s = *at;
  if (s->p->ref != 1) return false;
  *at = s->next;
  s->next = *into;
  *into = s;
  s->flags |= kSentAgain;
  r.marked = true;
  ++counters.sent_again;
  return true;
}

// Moves lost segments to where lwIP sends from, as many as may be under way, and makes room for new ones behind them.
void send_again(tcp_pcb* pcb, tcp_recovery& r, const flight& f, bool first) {
  std::uint32_t under_way = for_lost(pcb, r, f, [](tcp_seg**) { return false; });
  tcp_seg** into = &pcb->unsent;
  for_lost(pcb, r, f, [&](tcp_seg** at) {
    tcp_seg* const s = *at;
    if (!std::exchange(first, false) && under_way + size_of(*s) > r.target) return false;
    if (!move(r, at, into)) return false;
    into = &s->next;
    under_way += size_of(*s);
    return true;
  });
  const std::uint32_t more = r.target > under_way ? r.target - under_way : 0;
  pcb->cwnd = static_cast<tcpwnd_size_t>(std::max<std::uint32_t>(pcb->snd_nxt - pcb->lastack + more, pcb->mss));
  tcp_output(pcb);
}

// RFC 3042: the first two segments that arrive out of order let a new one go.
void limited_transmit(tcp_pcb* pcb, const flight& f) {
  const tcpwnd_size_t window = pcb->cwnd;
  pcb->cwnd = static_cast<tcpwnd_size_t>(window + std::min<std::uint32_t>(f.arrived, 2u * pcb->mss));
  tcp_output(pcb);
  pcb->cwnd = window;
}

void note_progress(tcp_recovery& r) {
  r.heard_at = sys_now();
  r.probed = false;
}

// Sends something that the client will answer at once: two new segments (a single one it may think about, RFC
// 5681, 4.2), or else the last one that it has not acknowledged.
void probe(tcp_pcb* pcb, tcp_recovery& r) {
  r.probed = true;
  r.probe_end = pcb->snd_nxt;
  if (r.active) {  // what was sent again is lost as well
    for (tcp_seg* s = pcb->unacked; s != nullptr; s = s->next) s->flags &= static_cast<u8_t>(~kResent);
    send_again(pcb, r, survey(pcb), true);
    return;
  }
  const tcpwnd_size_t window = pcb->cwnd;
  const std::uint32_t more = 2u * pcb->mss;
  if (pcb->unsent == nullptr || pcb->snd_nxt - pcb->lastack + more > pcb->snd_wnd) {
    tcp_seg** last = &pcb->unacked;
    for (tcp_seg** at = last; *at != nullptr; at = &(*at)->next)
      if (((*at)->flags & kArrived) == 0) last = at;
    if (!move(r, last, &pcb->unsent)) return;
  }
  pcb->cwnd = static_cast<tcpwnd_size_t>(pcb->snd_nxt - pcb->lastack + more);
  tcp_output(pcb);
  pcb->cwnd = window;
  pcb->rtime = 0;
}

bool probing = false;  // the timer runs

void look_for_probes(void*) {
  const std::uint32_t now = sys_now();
  probing = false;
  for (tcp_pcb* pcb = tcp_active_pcbs; pcb != nullptr; pcb = pcb->next) {
    if (pcb->unacked == nullptr || pcb->unacked->next == nullptr || (pcb->flags & (TF_SACK | TF_RTO)) != TF_SACK)
      continue;
    tcp_recovery* const r = recovery_of(pcb);
    if (r == nullptr || r->probed) continue;
    if (now - r->heard_at >= std::max(kLeastPatience, r->round_trip / 4)) probe(pcb, *r);
    probing = true;
  }
  if (probing) sys_timeout(kProbeInterval, look_for_probes, nullptr);
}

// After something was sent, or acknowledged.
void take_time(tcp_pcb* pcb, tcp_recovery& r) {
  const std::uint32_t now = sys_now();
  if (r.timing && TCP_SEQ_GEQ(pcb->lastack, r.timed_end)) {
    const std::uint32_t took = now - r.timed_at;
    r.round_trip = r.round_trip == 0 ? 8 * took : r.round_trip - r.round_trip / 8 + took;
    r.timing = false;
  }
  if (pcb->unacked == nullptr) return;
  if (!r.timing) {
    r.timing = true;
    r.timed_end = pcb->snd_nxt;
    r.timed_at = now;
  }
  if (!std::exchange(probing, true)) sys_timeout(kProbeInterval, look_for_probes, nullptr);
}

void recover(tcp_pcb* pcb, tcp_recovery& r) {
  if ((pcb->flags & TF_RTO) != 0) {  // lwIP sends all of it again (RFC 6675, 5.1)
    r.active = false;
    clear_marks(pcb, r);
    return;
  }
  const bool news = mark_arrived(pcb, r);
  if (!r.active && !r.marked) return;
  if (r.active && TCP_SEQ_GEQ(pcb->lastack, r.recover)) {
    r.active = false;
    pcb->cwnd = static_cast<tcpwnd_size_t>(r.target);
    pcb->bytes_acked = 0;
  }
  const flight f = survey(pcb);
  if (f.segments == 0) {
    r.marked = false;
    return;
  }
  if (news) note_progress(r);
  if (r.active && news) pcb->rtime = 0;
  bool first = false;
  if (!r.active) {
    for_lost(pcb, r, f, [&](tcp_seg**) {
      first = true;
      return false;
    });
    if (!first) {
      if (news) limited_transmit(pcb, f);
      return;
    }
    begin(pcb, r);
  }
  begin_round_trip(pcb, r, f);
  send_again(pcb, r, f, first);
}

void destroyed(std::uint8_t, void* data) {
  delete static_cast<tcp_recovery*>(data);
  heard.pcb = nullptr;
}

err_t passively_opened(std::uint8_t id, tcp_pcb_listen*, tcp_pcb* pcb);
constexpr tcp_ext_arg_callbacks kCallbacks{destroyed, passively_opened};
constexpr std::uint8_t kId = 0;

err_t passively_opened(std::uint8_t id, tcp_pcb_listen*, tcp_pcb* pcb) {
  auto* r = new (std::nothrow) tcp_recovery;
  if (r == nullptr) return ERR_MEM;
  tcp_ext_arg_set_callbacks(pcb, id, &kCallbacks);
  tcp_ext_arg_set(pcb, id, r);
  pcb->rto = kFirstTimeOut;
  pcb->sv = kFirstTimeOut;
  return ERR_OK;
}

}  // namespace

void recover_connections_of(tcp_pcb* listener) {
  static const bool once = tcp_ext_arg_alloc_id() == kId;
  LWIP_ASSERT("the only extra argument", once);
  tcp_ext_arg_set_callbacks(listener, kId, &kCallbacks);
}

tcp_recovery* recovery_of(const tcp_pcb* pcb) { return static_cast<tcp_recovery*>(tcp_ext_arg_get(pcb, kId)); }

const recovery_counters& recovery_count() { return counters; }

void before_segment(tcp_pcb* pcb, bytes options) {
  heard.pcb = pcb;
  heard.state = pcb->state;
  heard.acknowledged = pcb->lastack;
  heard.window = pcb->cwnd;
  heard.arrived_count = 0;
  if ((pcb->flags & TF_SACK) == 0 || pcb->state < ESTABLISHED || pcb->state == TIME_WAIT) return;
  tcp_recovery* r = recovery_of(pcb);
  if (r == nullptr) return;
  const bool timed_out = (pcb->flags & TF_RTO) != 0;
  if (timed_out && !r->timed_out) ++counters.time_outs;
  r->timed_out = timed_out;
  if (pcb->unacked != nullptr) read_arrived(options);
  pcb->dupacks = 0;                     // lwIP's fast retransmission has its turn never
  if (r->active) pcb->cwnd = pcb->mss;  // nor does lwIP send before it is known what is under way
}

void after_frame() {
  tcp_pcb* const pcb = std::exchange(heard.pcb, nullptr);
  if (pcb == nullptr || pcb->state == TIME_WAIT) return;
  tcp_recovery* const r = recovery_of(pcb);
  if (r == nullptr) return;
  if (heard.state == SYN_RCVD) {
    if (pcb->state > SYN_RCVD) pcb->cwnd = static_cast<tcpwnd_size_t>(kFirstWindow * pcb->mss);
    return;
  }
  if ((pcb->flags & TF_SACK) == 0 || heard.state < ESTABLISHED) return;
  if (pcb->lastack != heard.acknowledged) note_progress(*r);
  recover(pcb, *r);
  take_time(pcb, *r);
}

void send_queued(tcp_pcb* pcb) {
  const bool idle = pcb->unacked == nullptr;
  tcp_output(pcb);
  tcp_recovery* const r = idle && (pcb->flags & TF_SACK) != 0 ? recovery_of(pcb) : nullptr;
  if (r == nullptr) return;
  note_progress(*r);
  take_time(pcb, *r);
}

}  // namespace docteur::cache_vm::pvh
