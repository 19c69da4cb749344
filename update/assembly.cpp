#include "update/assembly.hpp"

#include <algorithm>
#include <cassert>

namespace docteur {

assembly::assembly(const entry_table& entries, const device& old, const stream_index& streams)
    : entries_(entries), old_(old), sources_(entries.count()) {
  range_list lacking;
  for (std::size_t i = 0; i < entries.count(); ++i) {
    const stream_place s = entries.stream(i);
    if (const stream_place* there = streams.find(s.size, s.crc)) {
      sources_[i] = there->at;
      found_ += s.size;
    } else {
      lacking.push_back({s.at, s.size});
    }
  }
  missing_ = std::move(lacking);
}

result<done> assembly::read(std::uint64_t at, mutable_bytes out) const noexcept {
  for (std::size_t i = entries_.find(at); !out.empty(); ++i) {
    const stream_place s = entries_.stream(i);
    if (at < s.at) {
      const encoded_entry_header head = entries_.header(i);
      const bytes rest = head.view().subspan(at - entries_.at(i));
      const bytes part = rest.first(std::min(rest.size(), out.size()));
      std::ranges::copy(part, out.begin());
      out = out.subspan(part.size());
      at += part.size();
    }
    if (out.empty()) break;
    assert(sources_[i] != 0);
    const mutable_bytes part = out.first(std::min<std::uint64_t>(s.at + s.size - at, out.size()));
    DOCTEUR_CHECK(read_exactly(old_, sources_[i] + (at - s.at), part));
    out = out.subspan(part.size());
    at += part.size();
  }
  return done{};
}

}  // namespace docteur
