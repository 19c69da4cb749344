#include "unikernel-example/platform/pvh/tcp_admission.hpp"

#include "lwip/priv/tcp_priv.h"

namespace docteur::cache_vm::pvh {

void admit(const tcp_pcb_listen& listener) {
  if (listener.accepts_pending < kMostHalfOpen) return;
  tcp_pcb* oldest = nullptr;  // the list begins with the newest, except those that lwIP has heard from again
  for (tcp_pcb* pcb = tcp_active_pcbs; pcb != nullptr; pcb = pcb->next) {
    if (pcb->state != SYN_RCVD || pcb->listener != &listener) continue;
    if (oldest == nullptr || tcp_ticks - pcb->tmr >= tcp_ticks - oldest->tmr) oldest = pcb;
  }
  if (oldest != nullptr) tcp_abandon(oldest, 0);
}

}  // namespace docteur::cache_vm::pvh
