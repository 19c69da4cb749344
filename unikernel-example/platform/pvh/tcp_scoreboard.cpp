#include "unikernel-example/platform/pvh/tcp_scoreboard.hpp"

#include <utility>

namespace docteur::cache_vm::pvh {

void clear_marks(tcp_pcb* pcb, tcp_recovery& r) {
  if (!std::exchange(r.marked, false)) return;
  for (tcp_seg* list : {pcb->unacked, pcb->unsent})
    for (tcp_seg* s = list; s != nullptr; s = s->next) s->flags &= static_cast<u8_t>(~(kArrived | kResent));
}

bool mark_arrived(tcp_pcb* pcb, tcp_recovery& r, const arrived_ranges& arrived) {
  bool news = false;
  for (tcp_seg* s = pcb->unacked; s != nullptr && arrived.count > 0; s = s->next) {
    if ((s->flags & kArrived) != 0) continue;
    for (std::size_t i = 0; i < arrived.count; ++i) {
      const sequence_range& range = arrived.all[i];
      if (!TCP_SEQ_GEQ(begin_of(*s), range.begin) || !TCP_SEQ_LEQ(end_of(*s), range.end)) continue;
      s->flags |= kArrived;
      r.marked = news = true;
      break;
    }
  }
  return news;
}

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

unsigned threshold(const tcp_pcb* pcb, const tcp_recovery& r, const flight& f) {
  constexpr unsigned kDuplicates = 3;  // RFC 5681: later segments that indicate a loss
  if (r.probe_end != 0 && TCP_SEQ_LT(pcb->lastack, r.probe_end)) return 1;
  if (pcb->unsent != nullptr || f.segments > kDuplicates) return kDuplicates;
  return f.segments > 1 ? f.segments - 1 : 1;
}

}  // namespace docteur::cache_vm::pvh
