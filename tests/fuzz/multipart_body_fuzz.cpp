// Property: however a server's answer in parts is cut into pieces, the same bytes are taken; they ascend, are inside
// the ranges that were asked for or between them, and an answer counts as complete only if all that was asked for came.
#include <algorithm>
#include <vector>

#include "fuzz/property.hpp"
#include "remote/multipart_body.hpp"

namespace {

using namespace docteur;

struct run {
  bool accepted = true;
  bool complete = false;
  std::vector<std::pair<std::uint64_t, std::byte>> taken;
};

run take_all(bytes body, std::size_t each, const std::vector<byte_range>& asked) {
  run r;
  multipart_body m("b", asked, 1000);
  const auto to = [&r](std::uint64_t at, bytes piece) {
    for (const std::byte b : piece) r.taken.emplace_back(at++, b);
    return true;
  };
  while (!body.empty() && r.accepted) {
    const bytes piece = body.first(std::min(each, body.size()));
    body = body.subspan(piece.size());
    r.accepted = m.take(piece, to);
    PROPERTY(r.accepted == (m.why() == nullptr));
  }
  r.complete = m.is_complete();
  return r;
}

}  // namespace

// Input: the body of the answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<byte_range> asked{{0, 3}, {10, 20}, {40, 1}, {900, 100}};
  const bytes body = fuzz_input(data, size);
  const run whole = take_all(body, body.size() + 1, asked);
  const run bytewise = take_all(body, 1, asked);
  PROPERTY(whole.accepted == bytewise.accepted && whole.taken == bytewise.taken);
  PROPERTY(!whole.accepted || whole.complete == bytewise.complete);
  for (std::size_t i = 0; i < whole.taken.size(); ++i) {
    PROPERTY(whole.taken[i].first < 1000);
    PROPERTY(i == 0 || whole.taken[i].first > whole.taken[i - 1].first);
  }
  if (!whole.complete) return 0;
  for (const byte_range& r : asked) {
    const auto at = std::ranges::lower_bound(whole.taken, r.offset, {}, [](const auto& t) { return t.first; });
    for (std::uint64_t i = 0; i < r.size; ++i)
      PROPERTY(at + static_cast<std::ptrdiff_t>(i) < whole.taken.end() &&
               at[static_cast<std::ptrdiff_t>(i)].first == r.offset + i);
  }
  return 0;
}
