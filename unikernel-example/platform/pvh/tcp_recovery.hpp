#pragma once
// Loss recovery for TCP clients that report which segments have arrived (SACK, RFC 2018). lwIP alone retransmits one
// segment per round trip, and more often waits for its timer. Here each segment known to be lost is retransmitted at
// once (RFC 6675), also one that is lost a second time, and a sender with little left to send does not wait for three
// duplicates (RFC 3042, RFC 5827). After two quiet round trips a probe is sent (RFC 8985, 7). path_view decides how a
// loss affects the window. lwIP keeps its queues and timers.

#include <cstddef>
#include <cstdint>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/path_view.hpp"

struct tcp_pcb;

namespace docteur::cache_vm::pvh {

// The state of one connection. lwIP frees it with its control block.
struct tcp_recovery {
  bool active = false;          // segments are known to be lost
  bool marked = false;          // some segment has one of our marks
  std::uint32_t recover = 0;    // the end of sent data when recovery began; it ends when this is acknowledged
  std::uint32_t target = 0;     // bytes that may be in flight until then
  std::uint32_t epoch_end = 0;  // the end of sent data when the latest round trip began
  bool timed_out = false;       // lwIP retransmits everything
  // The probe (RFC 8985, 7), sent after two silent round trips, when otherwise only the time-out would help.
  std::uint64_t heard_at = 0;   // us: when the client last reported progress
  bool probed = false;          // since then
  std::uint32_t probe_end = 0;  // the end of data sent before the latest probe; 0: none
  path_view path;
  std::uint32_t furthest = 0;  // the end of the data that arrived last, in order or not
  bool timing = false;         // measuring when data that ends at timed_end, or later data, arrives
  std::uint32_t timed_end = 0;
  std::uint32_t timed_begin = 0;  // `furthest` when that began
  std::uint64_t timed_at = 0;     // us
  std::size_t place = 0;          // in connection_table.hpp
  // For tcp_connections::tick(), which watches connections that the application has closed.
  std::uint32_t seen_acknowledged = 0;
  unsigned seen_times = 0;
};

// Sums over all connections since the start.
struct recovery_counters {
  std::uint64_t sent_again = 0;  // segments
  std::uint64_t time_outs = 0;   // retransmissions by lwIP's timer
};
[[nodiscard]] const recovery_counters& recovery_count();

// Gives a tcp_recovery to every connection that `listener` accepts. To be called before it listens.
void recover_connections_of(tcp_pcb* listener);
// nullptr for a connection that has none.
[[nodiscard]] tcp_recovery* recovery_of(const tcp_pcb* pcb);

// To be called before frames are received: reads the clock for all events until the next call, since reading it is
// slow.
void begin_frames();
// To be called before lwIP processes a segment for `pcb` with these options.
void before_segment(tcp_pcb* pcb, bytes options);
// To be called after lwIP has processed a frame of any kind.
void after_frame();
// Lets lwIP send queued data.
void send_queued(tcp_pcb* pcb);

}  // namespace docteur::cache_vm::pvh
