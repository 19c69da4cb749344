#pragma once
// What TCP does about segments that were lost, for clients that say which have arrived (SACK, RFC 2018): lwIP alone
// sends one segment again for each round trip, and more often waits for its timer. Here each segment that is known to
// be lost is sent again at once (RFC 6675), one that is lost a second time as well, and a sender with little left to
// say does not wait for three duplicates (RFC 3042, RFC 5827). After two quiet round trips a probe is sent (RFC 8985,
// 7). What a loss does to the window is path_view's to say. lwIP's queues and timers stay its own.

#include <cstddef>
#include <cstdint>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/path_view.hpp"

struct tcp_pcb;

namespace docteur::cache_vm::pvh {

// Of one connection; lwIP frees it with its control block.
struct tcp_recovery {
  bool active = false;          // segments are known to be lost
  bool marked = false;          // some segment bears one of our marks
  std::uint32_t recover = 0;    // the end of what was sent when it began: with this acknowledged it is over
  std::uint32_t target = 0;     // bytes that may be under way until then
  std::uint32_t epoch_end = 0;  // the end of what was sent when the latest round trip began
  bool timed_out = false;       // lwIP sends all of it again
  // The probe (RFC 8985, 7): when nothing is heard for two round trips, so that only the time-out would be left.
  std::uint64_t heard_at = 0;   // us: when the client last told of something new
  bool probed = false;          // since then
  std::uint32_t probe_end = 0;  // what was sent before the latest probe ends here; 0: none
  path_view path;
  std::uint32_t furthest = 0;  // the end of what has arrived last, in order or not
  bool timing = false;         // when what ends at timed_end will have arrived, or what was sent behind it
  std::uint32_t timed_end = 0;
  std::uint32_t timed_begin = 0;  // `furthest` when that began
  std::uint64_t timed_at = 0;     // us
  // For who watches connections that the application has closed (tcp_connections::tick).
  std::uint32_t seen_acknowledged = 0;
  unsigned seen_times = 0;
};

// Of all connections since the start.
struct recovery_counters {
  std::uint64_t sent_again = 0;  // segments
  std::uint64_t time_outs = 0;   // when that was left to lwIP
};
[[nodiscard]] const recovery_counters& recovery_count();

// Every connection that `listener` accepts gets a tcp_recovery. To be called before it listens.
void recover_connections_of(tcp_pcb* listener);
// nullptr for a connection without.
[[nodiscard]] tcp_recovery* recovery_of(const tcp_pcb* pcb);

// Before frames are looked for: what happens until the next call happens now. To read the clock costs.
void begin_frames();
// Before lwIP works on a segment for `pcb`, whose options are these.
void before_segment(tcp_pcb* pcb, bytes options);
// After lwIP has worked on a frame, whatever it was.
void after_frame();
// Has lwIP send what is queued.
void send_queued(tcp_pcb* pcb);

}  // namespace docteur::cache_vm::pvh
