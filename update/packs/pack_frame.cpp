#include "update/packs/pack_frame.hpp"

#include <zstd.h>

#include <new>

#include "update/packs/update_pack.hpp"

namespace docteur {
namespace {

constexpr int kLevel = 19;  // of Zstandard's 22; the ones above take more memory and gain nothing here
constexpr std::size_t kPiece = 128 << 10;

}  // namespace

void frame_writer::release::operator()(ZSTD_CCtx_s* c) const noexcept { ZSTD_freeCCtx(c); }
void frame_reader::release::operator()(ZSTD_DCtx_s* c) const noexcept { ZSTD_freeDCtx(c); }

frame_writer::frame_writer(byte_sink& out) : out_(out), context_(ZSTD_createCCtx()), piece_(kPiece) {
  if (!context_) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, static_cast<int>(kUpdateWindow));
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

outcome<void> frame_writer::write(bytes data) { return data.empty() ? outcome<void>{} : run(data, false); }
outcome<void> frame_writer::finish() { return run({}, true); }

outcome<void> frame_writer::run(bytes data, bool last) {
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  for (;;) {
    ZSTD_outBuffer out{piece_.data(), piece_.size(), 0};
    const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) return give_up(blame::environment, std::string("zstd: ") + ZSTD_getErrorName(left));
    if (out.pos > 0) DOCTEUR_CHECK(out_.write(bytes(piece_).first(out.pos)));
    if (last ? left == 0 : in.pos == in.size) return {};
  }
}

frame_reader::frame_reader(byte_stream& in) : in_(in), context_(ZSTD_createDCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, static_cast<int>(kUpdateWindow));
  piece_.reserve(kPiece);
}

outcome<void> frame_reader::take(mutable_bytes out) {
  while (!out.empty()) {
    if (ended_) return damaged_update("it ends early");
    DOCTEUR_TRY(n, some(out));
    out = out.subspan(n);
  }
  return {};
}

// Returns 0 only when the frame ends.
outcome<std::size_t> frame_reader::some(mutable_bytes out) {
  for (;;) {
    ZSTD_inBuffer in{piece_.data(), piece_.size(), from_};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context_.get(), &to, &in);
    if (ZSTD_isError(left) != 0) return damaged_update(ZSTD_getErrorName(left));
    from_ = in.pos;
    ended_ = left == 0;
    if (to.pos > 0 || ended_) return to.pos;
    if (from_ < piece_.size()) continue;
    piece_.resize(kPiece);
    DOCTEUR_TRY(n, in_.read(piece_));
    piece_.resize(n);
    from_ = 0;
    if (n == 0) return damaged_update("it ends early");
  }
}

outcome<void> frame_reader::finish() {
  std::byte more;
  while (!ended_) {
    DOCTEUR_TRY(n, some({&more, 1}));
    if (n > 0) return damaged_update("it goes on behind its end");
  }
  if (from_ < piece_.size()) return damaged_update("it goes on behind its end");
  DOCTEUR_TRY(n, in_.read({&more, 1}));
  if (n > 0) return damaged_update("it goes on behind its end");
  return {};
}

}  // namespace docteur
