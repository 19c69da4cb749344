#pragma once
// Which connection a segment belongs to, without lwIP's search. A table with one place for each hash of the client's
// address and port: a connection whose place another has taken is searched for. It holds only connections that exist.

#include <cstddef>

struct tcp_pcb;
struct tcp_hdr;

namespace docteur::cache_vm::pvh {

// The active connection of the segment that lwIP processes, or nullptr. `header`: its ports in the host's order.
[[nodiscard]] tcp_pcb* known_connection(const tcp_hdr& header) noexcept;
// A segment came for `pcb`, whatever its state. Returns its place.
std::size_t note_connection(tcp_pcb* pcb) noexcept;
// To be called with that place before the connection is freed. If another has taken it, that one is searched for once.
void forget_connection(std::size_t place) noexcept;

}  // namespace docteur::cache_vm::pvh
