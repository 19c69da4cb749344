#include "verify/pack_walk.hpp"

#include <array>

#include "host/heap.hpp"
#include "layout/image_header.hpp"
#include "pack/entry.hpp"
#include "pack/inflate.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

constexpr std::size_t kInput = 128 << 10;  // bytes read from the device at once
constexpr std::size_t kOutput = 64 << 10;  // bytes of content at once

class walker {
 public:
  walker(const device& d, const walk_bounds& bounds, inflate_stream&& stream)
      : device_(d), bounds_(bounds), stream_(std::move(stream)), output_(kOutput) {}

  // Returns the PACK offset behind the entry at `offset`. The inner error is a fault of the PACK.
  outcome<result<std::uint64_t>> end_of(std::uint64_t offset) {
    std::array<std::byte, kMaxEntryHeader> head;
    const std::uint64_t room = std::min<std::uint64_t>(head.size(), bounds_.limit - offset);
    DOCTEUR_CHECK(read_range(device_, kPackOffset + offset, mutable_bytes{head}.first(room)));
    const auto h = decode_entry_header(bytes{head}.first(room), offset, kPackOffset + offset, bounds_.kind);
    if (!h) return result<std::uint64_t>(tl::make_unexpected(h.error()));
    return skip_stream(offset + h->header_size, h->size);
  }

 private:
  outcome<result<std::uint64_t>> skip_stream(std::uint64_t from, std::uint64_t size) {
    using ending = result<std::uint64_t>;
    stream_.restart(inflate_stream::framing::zlib);
    const std::uint64_t at = kPackOffset + from;
    bytes input;
    std::uint64_t read = from;
    std::uint64_t produced = 0;
    for (;;) {
      if (input.empty() && read < bounds_.limit) {
        const std::uint64_t n = std::min<std::uint64_t>(kInput, bounds_.limit - read);
        DOCTEUR_TRY(piece, read_range(device_, kPackOffset + read, n, buffer_));
        input = piece;
        read += n;
      }
      const auto step = stream_.next(input, output_, at);
      if (!step) return ending(tl::make_unexpected(step.error()));
      input = input.subspan(step->consumed);
      produced += step->produced;
      if (produced > size) return ending(fail(errc::malformed, at, "zlib stream is longer than promised"));
      if (step->ended) break;
      if (step->consumed == 0 && step->produced == 0 && read == bounds_.limit)
        return ending(fail(errc::truncated, at, "zlib stream runs past the end of the PACK"));
    }
    if (produced < size) return ending(fail(errc::malformed, at, "zlib stream is shorter than promised"));
    return ending(read - input.size());
  }

  device device_;
  walk_bounds bounds_;
  inflate_stream stream_;
  std::vector<std::byte> output_;
  reused_bytes buffer_;
};

}  // namespace

outcome<walked_pack> walk_pack(const device& d, std::uint64_t from, const walk_bounds& bounds, const progress& report) {
  auto stream = inflate_stream::make(heap_memory(), inflate_stream::framing::zlib);
  if (!stream) return give_up(blame::environment, stream.error().what);
  walker w(d, bounds, std::move(*stream));
  walked_pack found;
  found.end = from;
  while (found.end < bounds.limit && found.offsets.size() < bounds.count) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    DOCTEUR_TRY(end, w.end_of(found.end));
    if (!end) {
      found.stopped = end.error();
      return found;
    }
    found.offsets.push_back(found.end);
    found.end = *end;
  }
  if (bounds.up_to_limit ? found.end != bounds.limit : found.offsets.size() != bounds.count)
    found.stopped = error{errc::malformed, kPackOffset + found.end,
                          "PACK does not hold the number of objects that its header says"};
  return found;
}

}  // namespace docteur
