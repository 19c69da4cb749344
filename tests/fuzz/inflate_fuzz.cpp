// Property: for a stream that the whole-buffer inflater accepts, the forward one returns the same bytes from the same
// number of input bytes. (The forward one may accept what the other refuses: it does not know the size in advance.)
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "fuzz/property.hpp"
#include "pack/inflate.hpp"

namespace {

using namespace docteur;

const memory kHeap{nullptr, [](void*, std::size_t n) noexcept { return std::malloc(n); },
                   [](void*, void* p, std::size_t) noexcept { std::free(p); }};

}  // namespace

// Input: two bytes, the claimed size (little-endian); one byte, how much the forward one gets at a time; the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const bytes in = fuzz_input(data, size), stream = in.subspan(3);
  std::vector<std::byte> whole(load_le<std::uint16_t>(in.data())), forward(whole.size());
  const std::size_t piece = 1 + std::to_integer<std::size_t>(in[2]);

  auto inflate = inflater::make();
  PROPERTY(inflate.has_value());
  const auto taken = inflate->inflate(stream, whole, 0);
  if (taken) PROPERTY(*taken <= stream.size());

  auto walk = inflate_stream::make(kHeap, inflate_stream::framing::zlib);
  PROPERTY(walk.has_value());
  std::size_t consumed = 0, produced = 0;
  bool ended = false, failed = false;
  while (!ended && !failed) {
    const bytes feed = stream.subspan(consumed, std::min(piece, stream.size() - consumed));
    const mutable_bytes room = mutable_bytes(forward).subspan(produced, std::min(piece, forward.size() - produced));
    const auto step = walk->next(feed, room, 0);
    failed = !step;
    if (failed) break;
    PROPERTY(step->consumed <= feed.size() && step->produced <= room.size());
    consumed += step->consumed;
    produced += step->produced;
    ended = step->ended;
    if (!ended && step->consumed == 0 && step->produced == 0) break;
  }
  if (taken) PROPERTY(ended && consumed == *taken && produced == whole.size() && forward == whole);
  return 0;
}
