#pragma once
// The zlib stream of one entry, whole, into memory. Hosted; one for each thread.

#include "object/device.hpp"
#include "object/failure.hpp"
#include "pack/inflate.hpp"
#include "verify/fetch.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

class entry_inflater {
 public:
  explicit entry_inflater(const device& d);

  // Fills `out`, e.size bytes. An inner error is the image's: the stream is damaged, has another size, or does not end
  // where the next entry begins.
  [[nodiscard]] outcome<result<done>> run(const pack_entry& e, mutable_bytes out);

 private:
  outcome<result<done>> run_forward(const pack_entry& e, mutable_bytes out);

  device device_;
  inflater whole_;
  inflate_stream forward_;
  reused_bytes input_;
};

}  // namespace docteur
