#pragma once
// Where a platform records what was served.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace docteur::cache_vm {

struct served_request {
  std::string_view peer;                       // the client's address, without its port
  std::string_view line;                       // of the request, as sent; "": none arrived
  std::string_view host, referer, user_agent;  // fields as sent; "": absent
  int status;                                  // of the response
  std::uint64_t body_bytes;                    // passed to the network
  std::int64_t wall_clock;                     // seconds since 1970 UTC
  std::uint64_t duration_ns;                   // from the whole request to then
};

class request_log {
 public:
  // On the thread of `loop`. Never waits: what there is no room for is counted as lost.
  virtual void add(std::size_t loop, const served_request& r) noexcept = 0;
  // Since the start. Any thread.
  [[nodiscard]] virtual std::uint64_t lines() const noexcept = 0;  // taken
  [[nodiscard]] virtual std::uint64_t lost() const noexcept = 0;   // not taken, or taken and not written

 protected:
  ~request_log() = default;
};

}  // namespace docteur::cache_vm
