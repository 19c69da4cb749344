#include "unikernel-example/platform/pvh/tcp_recovery.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "lwip/timeouts.h"
#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/connection_table.hpp"
#include "unikernel-example/platform/pvh/sack_option.hpp"
#include "unikernel-example/platform/pvh/tcp_scoreboard.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint32_t kFirstWindow = 10;                         // segments, RFC 6928
constexpr std::uint32_t kGreatestWindow = 2 * TCP_SND_BUF;         // bytes
constexpr std::uint64_t kLeastPatience = 4000;                     // us until a probe
constexpr std::uint32_t kProbeInterval = 2;                        // ms between checks whether one is due
constexpr std::uint32_t kCheapLooks = 64;                          // connections that add a millisecond to the interval
constexpr std::uint16_t kFirstTimeOut = 1000 / TCP_SLOW_INTERVAL;  // RFC 6298, 2.1; lwIP has 3 s

std::uint64_t now_us = 0;

// The segment that lwIP processes.
struct {
  tcp_pcb* pcb = nullptr;
  tcp_recovery* recovery = nullptr;
  tcp_state state = CLOSED;
  std::uint32_t acknowledged = 0;  // before it
  std::uint32_t sent = 0;
  std::uint32_t window = 0;
  arrived_ranges arrived;
} heard;

recovery_counters counters;

// `window`: bytes that could have been in flight until now.
void begin(tcp_pcb* pcb, tcp_recovery& r, std::uint32_t window) {
  r.active = true;
  r.recover = r.epoch_end = pcb->snd_nxt;
  r.target = window;
  if (r.path.is_crowded(pcb->mss)) {
    const std::uint32_t sent = std::min(window, pcb->snd_nxt - pcb->lastack);
    r.target = sent / 2;  // RFC 5681, equation 4
    pcb->ssthresh = static_cast<tcpwnd_size_t>(std::max<std::uint32_t>(r.target, 2u * pcb->mss));
  }
  r.target = std::max<std::uint32_t>(r.target, 2u * pcb->mss);
  pcb->rtime = 0;
}

// Grows the window as lwIP does; lwIP's own is not in use meanwhile.
void grow(tcp_pcb* pcb, tcp_recovery& r, std::uint32_t acknowledged) {
  if (acknowledged == 0 || r.path.is_crowded(pcb->mss)) return;
  const std::uint64_t segment = pcb->mss;
  r.target += static_cast<std::uint32_t>(r.target < pcb->ssthresh ? acknowledged : segment * acknowledged / r.target);
  r.target = std::min(r.target, kGreatestWindow);
}

// Data arrived that was sent after a retransmission: the retransmitted segment is lost again.
void begin_round_trip(tcp_pcb* pcb, tcp_recovery& r, const flight& f) {
  if (!TCP_SEQ_GT(f.furthest, r.epoch_end)) return;
  r.epoch_end = pcb->snd_nxt;
  for (tcp_seg* s = pcb->unacked; s != nullptr; s = s->next) {
    const bool again = (s->flags & kSentAgain) != 0;
    s->flags &= static_cast<u8_t>(~kResent);
    if (again) s->flags |= kSentEarlier;
  }
}

// Moves *at to lwIP's queue of unsent segments, in front of *into. False when the device has not sent it yet.
bool move(tcp_recovery& r, tcp_seg** at, tcp_seg** into) {
  tcp_seg* const s = *at;
  if (s->p->ref != 1) return false;
  *at = s->next;
  s->next = *into;
  *into = s;
  s->flags |= kSentAgain;
  r.marked = true;
  r.path.note_loss(size_of(*s));
  ++counters.sent_again;
  return true;
}

// Moves lost segments to lwIP's queue of unsent segments, as many as may be in flight, and makes room for new ones
// behind them.
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

// RFC 3042: each of the first two segments that arrive out of order allows a new one.
void limited_transmit(tcp_pcb* pcb, const flight& f) {
  const tcpwnd_size_t window = pcb->cwnd;
  pcb->cwnd = static_cast<tcpwnd_size_t>(window + std::min<std::uint32_t>(f.arrived, 2u * pcb->mss));
  tcp_output(pcb);
  pcb->cwnd = window;
}

void note_progress(tcp_recovery& r) {
  r.heard_at = now_us;
  r.probed = false;
}

// Sends something that the client acknowledges at once: two new segments (it may delay the acknowledgement of a single
// one, RFC 5681, 4.2), or else the last unacknowledged segment.
void probe(tcp_pcb* pcb, tcp_recovery& r) {
  r.probed = true;
  r.probe_end = pcb->snd_nxt;
  if (r.active) {  // the retransmission is lost as well
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
  std::uint32_t looks = 0;
  std::uint64_t wait = ~std::uint64_t{0};  // us, until the first probe that may be due
  probing = false;
  for (tcp_pcb* pcb = tcp_active_pcbs; pcb != nullptr; pcb = pcb->next, ++looks) {
    if (pcb->unacked == nullptr || pcb->unacked->next == nullptr || (pcb->flags & (TF_SACK | TF_RTO)) != TF_SACK)
      continue;
    tcp_recovery* const r = recovery_of(pcb);
    if (r == nullptr || r->probed) continue;
    const std::uint64_t patience = std::max(kLeastPatience, 2 * r->path.round_trip_us());
    const std::uint64_t passed = now_us - r->heard_at;
    if (passed >= patience) probe(pcb, *r);
    wait = std::min(wait, passed < patience ? patience - passed : patience);
    probing = true;
  }
  const auto wait_ms = static_cast<std::uint32_t>(std::min<std::uint64_t>(wait / 1000, 1000));
  if (probing) sys_timeout(std::max(kProbeInterval + looks / kCheapLooks, wait_ms), look_for_probes, nullptr);
}

// To be called after an acknowledgement, or after new data was sent.
void take_time(tcp_pcb* pcb, tcp_recovery& r, bool is_sent) {
  if (!r.marked || TCP_SEQ_GT(pcb->lastack, r.furthest)) r.furthest = pcb->lastack;
  if (r.timing && TCP_SEQ_GEQ(r.furthest, r.timed_end)) {
    r.path.note_round_trip(now_us, now_us - r.timed_at, r.furthest - r.timed_begin);
    r.timing = false;
  }
  if (pcb->unacked == nullptr || pcb->unacked->next == nullptr) return;  // nothing to probe, or too little to gain
  if (!r.timing && is_sent) {
    r.timing = true;
    r.timed_end = pcb->snd_nxt;
    r.timed_begin = r.furthest;
    r.timed_at = now_us;
  }
  if (!std::exchange(probing, true)) sys_timeout(kLeastPatience / 1000, look_for_probes, nullptr);
}

void recover(tcp_pcb* pcb, tcp_recovery& r) {
  if ((pcb->flags & TF_RTO) != 0) {  // lwIP retransmits everything (RFC 6675, 5.1)
    r.active = false;
    clear_marks(pcb, r);
    return;
  }
  const bool news = mark_arrived(pcb, r, heard.arrived);
  if (!r.active && !r.marked) return;
  std::uint32_t window = heard.window;
  if (r.active) grow(pcb, r, pcb->lastack - heard.acknowledged);
  if (r.active && TCP_SEQ_GEQ(pcb->lastack, r.recover)) {
    r.active = false;
    window = r.target;
    pcb->cwnd = static_cast<tcpwnd_size_t>(window);
    pcb->bytes_acked = 0;
  }
  const flight f = survey(pcb);
  r.furthest = f.furthest;
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
    begin(pcb, r, window);
  }
  begin_round_trip(pcb, r, f);
  send_again(pcb, r, f, first);
}

void destroyed(std::uint8_t, void* data) {
  if (data != nullptr) forget_connection(static_cast<tcp_recovery*>(data)->place);
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

void begin_frames() { now_us = monotonic_ns() / 1000; }

void before_segment(tcp_pcb* pcb, bytes options) {
  heard.pcb = pcb;
  heard.state = pcb->state;
  heard.acknowledged = pcb->lastack;
  heard.sent = pcb->snd_nxt;
  heard.window = pcb->cwnd;
  heard.arrived = {};
  tcp_recovery* const r = recovery_of(pcb);
  heard.recovery = r;
  if (r == nullptr) return;
  r->place = note_connection(pcb);
  if ((pcb->flags & TF_SACK) == 0 || pcb->state < ESTABLISHED || pcb->state == TIME_WAIT) return;
  const bool timed_out = (pcb->flags & TF_RTO) != 0;
  if (timed_out && !r->timed_out) ++counters.time_outs;
  r->timed_out = timed_out;
  if (pcb->unacked != nullptr) heard.arrived = read_sack(options);
  pcb->dupacks = 0;                     // disables lwIP's fast retransmission
  if (r->active) pcb->cwnd = pcb->mss;  // and keeps lwIP from sending before the data in flight is known
}

void after_frame() {
  tcp_pcb* const pcb = std::exchange(heard.pcb, nullptr);
  if (pcb == nullptr || pcb->state == TIME_WAIT) return;
  tcp_recovery* const r = heard.recovery;
  if (r == nullptr) return;
  if (heard.state == SYN_RCVD) {
    if (pcb->state > SYN_RCVD) pcb->cwnd = static_cast<tcpwnd_size_t>(kFirstWindow * pcb->mss);
    return;
  }
  if ((pcb->flags & TF_SACK) == 0 || heard.state < ESTABLISHED) return;
  const std::uint32_t acknowledged = pcb->lastack - heard.acknowledged;
  if (acknowledged > 0) note_progress(*r);
  // lwIP begins with two more segments per acknowledgement (RFC 3465), but clients omit acknowledgements.
  const std::uint32_t more = acknowledged - std::min(acknowledged, 2u * pcb->mss);
  if (!r->active && (pcb->flags & TF_RTO) == 0 && pcb->cwnd < std::min<std::uint32_t>(pcb->ssthresh, kGreatestWindow))
    pcb->cwnd += more;
  recover(pcb, *r);
  take_time(pcb, *r, pcb->snd_nxt != heard.sent);
}

void send_queued(tcp_pcb* pcb) {
  const bool idle = pcb->unacked == nullptr;
  tcp_output(pcb);
  tcp_recovery* const r = idle && (pcb->flags & TF_SACK) != 0 ? recovery_of(pcb) : nullptr;
  if (r == nullptr) return;
  note_progress(*r);
  take_time(pcb, *r, true);
}

}  // namespace docteur::cache_vm::pvh
