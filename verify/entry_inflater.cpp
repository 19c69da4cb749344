#include "verify/entry_inflater.hpp"

#include <array>
#include <new>

#include "host/heap.hpp"
#include "verify/entry_input.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kReadAtOnce = 8 << 20;  // bytes; longer streams are read in pieces

template <class T>
T value_or_throw(result<T>&& r) {
  if (!r) throw std::bad_alloc();
  return std::move(*r);
}

}  // namespace

entry_inflater::entry_inflater(const device& d)
    : device_(d),
      whole_(value_or_throw(inflater::make())),
      forward_(value_or_throw(inflate_stream::make(heap_memory(), inflate_stream::framing::zlib))) {}

outcome<result<done>> entry_inflater::run(const pack_entry& e, mutable_bytes out) {
  using answer = result<done>;
  const std::uint64_t length = e.end_at() - e.stream_at();
  if (length > kReadAtOnce) return run_forward(e, out);
  DOCTEUR_TRY(in, read_range(device_, e.stream_at(), static_cast<std::size_t>(length), input_));
  const auto consumed = whole_.inflate(in, out, e.stream_at());
  if (!consumed) return answer(tl::make_unexpected(consumed.error()));
  if (*consumed != length) return answer(fail(errc::malformed, e.stream_at() + *consumed, "bytes between two entries"));
  return answer(done{});
}

outcome<result<done>> entry_inflater::run_forward(const pack_entry& e, mutable_bytes out) {
  using answer = result<done>;
  forward_.restart(inflate_stream::framing::zlib);
  entry_input in(device_, e.stream_at(), e.end_at(), input_);
  std::array<std::byte, 1> more;
  for (std::size_t filled = 0;;) {
    DOCTEUR_CHECK(in.fill());
    const bool full = filled == out.size();
    const auto step = forward_.next(in.ready(), full ? mutable_bytes{more} : out.subspan(filled), in.at());
    if (!step) return answer(tl::make_unexpected(step.error()));
    in.drop(step->consumed);
    if (full && step->produced > 0)
      return answer(fail(errc::malformed, in.at(), "zlib stream is longer than promised"));
    filled += step->produced;
    if (step->ended) {
      if (filled < out.size()) return answer(fail(errc::malformed, in.at(), "zlib stream is shorter than promised"));
      if (in.left() != 0) return answer(fail(errc::malformed, in.at(), "bytes between two entries"));
      return answer(done{});
    }
    if (step->consumed == 0 && step->produced == 0 && in.left() == 0)
      return answer(fail(errc::truncated, in.at(), "zlib stream runs past its entry"));
  }
}

}  // namespace docteur
