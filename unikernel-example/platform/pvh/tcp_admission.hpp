#pragma once
// Connections that have begun with a SYN and are not yet confirmed by the client: there may be a flood of them, from
// addresses that are not their sender's.

struct tcp_pcb_listen;

namespace docteur::cache_vm::pvh {

inline constexpr unsigned kMostHalfOpen = 240;  // of one listening port; lwIP's backlog, which would refuse, is 255

// Before another connection to `listener` begins: when there are kMostHalfOpen, the one that waits for the longest time
// goes. An honest client confirms within a round trip, so it is past that before its turn comes unless there are
// kMostHalfOpen others in it. Confirmed connections are not touched.
void admit(const tcp_pcb_listen& listener);

}  // namespace docteur::cache_vm::pvh
