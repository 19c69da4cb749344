#pragma once
// Checks blobs that are never held whole: inflates and hashes them piece by piece. Hosted.

#include <memory>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/sha256.hpp"
#include "verify/pack_entry.hpp"
#include "verify/read_range.hpp"
#include "verify/restart_check.hpp"

struct z_stream_s;

namespace docteur {

// One per thread. Holds zlib's state and buffers.
class blob_streamer {
 public:
  // `restarts` must outlive this. Throws std::bad_alloc.
  // `kind`: of the ids that run() returns.
  blob_streamer(const device& d, hash_kind kind, const restart_check& restarts);
  ~blob_streamer();
  blob_streamer(const blob_streamer&) = delete;
  blob_streamer& operator=(const blob_streamer&) = delete;

  // Returns the computed id of a whole object, whose stream must be exactly that of the entry. The inner error is a
  // fault of the image, not yet reported. If the blob has a restart record, inflating begins anew at each of its
  // points, so a right id proves that all points are right. Fails (blame::environment) if the device cannot be read.
  // `content`: if not null, takes the content, too.
  [[nodiscard]] outcome<result<oid>> run(const pack_entry& e, sha256* content = nullptr);

 private:
  // What one call of zlib's inflate() did.
  struct piece {
    int status;            // zlib's
    std::size_t consumed;  // bytes of input
    std::size_t produced;  // bytes of content
    bool block_ends;       // a block that is not the last one ends here
    bool byte_ends;        // and no bits of its last byte are left
  };
  piece inflate_piece(bytes in, mutable_bytes out);
  outcome<result<oid>> run_deflated(const pack_entry& e, const restart_record* record, sha256* content);
  outcome<result<oid>> run_stored(const pack_entry& e, sha256* content);

  device device_;
  hash_kind kind_;
  const restart_check& restarts_;
  std::unique_ptr<z_stream_s> z_;
  reused_bytes input_;
  reused_bytes output_;
};

}  // namespace docteur
