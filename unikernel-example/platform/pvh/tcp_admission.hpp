#pragma once
// Bounds half-open connections: those with a SYN that the client has not confirmed. A flood of them may come from
// forged addresses.

struct tcp_pcb_listen;

namespace docteur::cache_vm::pvh {

inline constexpr unsigned kMostHalfOpen =
    240;  // of one listening port; at 255, lwIP's backlog, new ones would be refused

// To be called before another connection to `listener` begins. When there are kMostHalfOpen, drops the oldest. An
// honest client confirms within a round trip, so it is dropped only if kMostHalfOpen others begin in that time.
// Confirmed connections are not touched.
void admit(const tcp_pcb_listen& listener);

}  // namespace docteur::cache_vm::pvh
