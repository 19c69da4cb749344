#pragma once
// Blobs that are not held whole: inflated, hashed and let go. Hosted.

#include <memory>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/fetch.hpp"
#include "verify/pack_entry.hpp"
#include "verify/restart_check.hpp"

struct z_stream_s;

namespace docteur {

// One for each thread; holds zlib's state and buffers.
class blob_streamer {
 public:
  // `kind`: of the ids that run() returns.
  blob_streamer(const device& d, hash_kind kind, const restart_check& restarts);
  ~blob_streamer();
  blob_streamer(const blob_streamer&) = delete;
  blob_streamer& operator=(const blob_streamer&) = delete;

  // The id of the blob whose whole stream is the entry's; an inner error is the image's and is not yet reported. With a
  // restart record, deflate starts afresh at each of its points: that the id is right then proves every point.
  [[nodiscard]] outcome<result<oid>> run(const pack_entry& e);

 private:
  outcome<result<oid>> run_deflated(const pack_entry& e, const restart_record* record);
  outcome<result<oid>> run_stored(const pack_entry& e);

  device device_;
  hash_kind kind_;
  const restart_check& restarts_;
  std::unique_ptr<z_stream_s> z_;
  reused_bytes input_;
  reused_bytes output_;
};

}  // namespace docteur
