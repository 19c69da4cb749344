#include "unikernel-example/platform/pvh/path_mtu.hpp"

#include "lwip/ip6.h"
#include "lwip/priv/tcp_priv.h"
#include "unikernel-example/platform/pvh/network_ip6.hpp"
#include "unikernel-example/platform/pvh/tcp_recovery.hpp"
#include "unikernel-example/platform/pvh/tcp_scoreboard.hpp"
#include "unikernel-example/platform/pvh/too_big_message.hpp"

namespace docteur::cache_vm::pvh {
namespace {

// The connection of a quoted segment that is on its way.
[[nodiscard]] tcp_pcb* sender_of(const too_big_message& m) {
  const auto is_at = [](const ip_addr_t& a, const ip6_address& wanted) {
    return IP_IS_V6_VAL(a) && to_address(*ip_2_ip6(&a)) == wanted;
  };
  for (tcp_pcb* pcb = tcp_active_pcbs; pcb != nullptr; pcb = pcb->next) {
    if (pcb->local_port != m.from_port || pcb->remote_port != m.to_port) continue;
    if (!is_at(pcb->local_ip, m.from) || !is_at(pcb->remote_ip, m.to)) continue;
    const bool is_under_way = TCP_SEQ_GEQ(m.sequence, pcb->lastack) && TCP_SEQ_LT(m.sequence, pcb->snd_nxt);
    return is_under_way ? pcb : nullptr;
  }
  return nullptr;
}

// Splits *at, which is longer than the connection's segments may be.
[[nodiscard]] bool split(tcp_pcb* pcb, tcp_seg* at) {
  tcp_seg* const first = pcb->unsent;
  pcb->unsent = at;  // lwIP splits the first
  const bool done = tcp_split_unsent_seg(pcb, pcb->mss) == ERR_OK;
  pcb->unsent = first;
  if (done) TCPH_UNSET_FLAG(at->tcphdr, TCP_FIN | TCP_PSH);  // lwIP copies them to the rest, but leaves them here
  return done;
}

// False when nothing was changed: the device still has a segment.
[[nodiscard]] bool shorten_segments(tcp_pcb* pcb, std::uint16_t mss) {
  tcp_recovery* const r = recovery_of(pcb);
  if (r == nullptr || tcp_rexmit_rto_prepare(pcb) != ERR_OK) return false;
  r->active = false;
  r->timed_out = true;  // not counted as a time-out
  clear_marks(pcb, *r);
  pcb->mss = mss;
  pcb->unsent_oversize = 0;  // room that was reserved for longer ones
  for (tcp_seg* s = pcb->unsent; s != nullptr; s = s->next) {
#if TCP_OVERSIZE_DBGCHECK
    s->oversize_left = 0;
#endif
    if (s->len <= mss || split(pcb, s)) continue;
    tcp_abort(pcb);  // no memory. lwIP could not send what stays too long
    return true;
  }
  tcp_output(pcb);
  return true;
}

}  // namespace

bool narrow_path(bytes packet) {
  const auto message = read_too_big(packet);
  tcp_pcb* const pcb = message ? sender_of(*message) : nullptr;
  if (pcb == nullptr) return false;
  const auto mss = static_cast<std::uint16_t>(message->mtu - IP6_HLEN - TCP_HLEN);
  return mss < pcb->mss && shorten_segments(pcb, mss);
}

}  // namespace docteur::cache_vm::pvh
