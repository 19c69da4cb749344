#pragma once
// The frame of an update pack: Zstandard with a long window, because the many small differences resemble each other.
// Hosted.

#include <memory>
#include <vector>

#include "object/byte_sink.hpp"
#include "object/byte_stream.hpp"
#include "update/packs/copy_code.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace docteur {

class frame_writer {
 public:
  // Throws std::bad_alloc.
  explicit frame_writer(byte_sink& out);
  [[nodiscard]] outcome<void> write(bytes data);
  [[nodiscard]] outcome<void> finish();

 private:
  struct release {
    void operator()(ZSTD_CCtx_s* c) const noexcept;
  };
  [[nodiscard]] outcome<void> run(bytes data, bool last);
  byte_sink& out_;
  std::unique_ptr<ZSTD_CCtx_s, release> context_;
  std::vector<std::byte> piece_;
};

class frame_reader final : public literal_source {
 public:
  // `in` must outlive this. Throws std::bad_alloc.
  explicit frame_reader(byte_stream& in);
  // Fills `out`. Fails with blame::input if the frame is damaged or ends before.
  [[nodiscard]] outcome<void> take(mutable_bytes out) override;
  // Fails unless both the frame and the pack end here.
  [[nodiscard]] outcome<void> finish();

 private:
  struct release {
    void operator()(ZSTD_DCtx_s* c) const noexcept;
  };
  [[nodiscard]] outcome<std::size_t> some(mutable_bytes out);
  byte_stream& in_;
  std::unique_ptr<ZSTD_DCtx_s, release> context_;
  std::vector<std::byte> piece_;
  std::size_t from_ = 0;  // of piece_: what was not yet used
  bool ended_ = false;    // the frame
};

}  // namespace docteur
