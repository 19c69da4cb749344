#pragma once
// Inflates the whole zlib stream of an entry into memory. One per thread. Hosted.

#include "object/device.hpp"
#include "object/failure.hpp"
#include "pack/inflate.hpp"
#include "verify/pack_entry.hpp"
#include "verify/read_range.hpp"

namespace docteur {

class entry_inflater {
 public:
  explicit entry_inflater(const device& d);  // throws std::bad_alloc

  // Fills `out`, which has e.size bytes. The inner error is a fault of the image: the stream is damaged, has another
  // size, or does not end where the next entry begins. Fails (blame::environment) if the device cannot be read.
  [[nodiscard]] outcome<result<done>> run(const pack_entry& e, mutable_bytes out);

 private:
  outcome<result<done>> run_forward(const pack_entry& e, mutable_bytes out);

  device device_;
  inflater whole_;
  inflate_stream forward_;
  reused_bytes input_;
};

}  // namespace docteur
