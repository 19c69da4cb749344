#pragma once
// What a range_client works for: somebody who knows which ranges are needed next and takes their bytes. Hosted.

#include <optional>
#include <vector>

#include "object/bytes.hpp"
#include "object/failure.hpp"
#include "object/result.hpp"
#include "remote/http_verdict.hpp"

namespace docteur {

// Why a range did not come.
struct range_failure {
  errc code = errc::io;  // unavailable: the same range may come later
  std::string text;      // one printable line that begins with the address, without credentials
};

// The client calls all of these from its own thread, one at a time.
class range_work {
 public:
  virtual ~range_work() = default;
  // The next range to ask for; called whenever another request may be sent. nullopt: none for now, and wake() will be
  // called when there is one.
  [[nodiscard]] virtual std::optional<byte_range> next() = 0;
  // The parts of `range` that are needed, ascending and disjoint, its first and last byte among them; none: all of it.
  // A server that can is asked for these only; take() may get all of it nevertheless.
  [[nodiscard]] virtual std::vector<byte_range> parts(byte_range range) {
    (void)range;
    return {};
  }
  // Whether the whole file will do for `range`, the first that is asked for, from a server that knows no ranges. The
  // range is the whole file then.
  [[nodiscard]] virtual bool takes_whole() const { return false; }
  // Takes bytes of `range`; calls for one range follow each other, without gaps but for those
  // between parts(). Returns false if they cannot be kept,
  // which ends the range.
  virtual bool take(byte_range range, std::uint64_t at, bytes piece) = 0;
  // How many bytes of `range`, from its start, are still wanted: it never grows. The request ends where they do.
  [[nodiscard]] virtual std::uint64_t wanted(byte_range range) const { return range.size; }
  // The last call for a range: all of it came, or why not. `range` is as next() returned it; it may be shorter, as
  // wanted() said, and the first one if the file is; or that is the whole file.
  virtual void end(byte_range range, const std::optional<range_failure>& why) = 0;
};

}  // namespace docteur
