#include "update/assembly.hpp"

#include <algorithm>
#include <cassert>

namespace docteur {

assembly::assembly(const entry_table& entries, const device& old, const stream_index& streams, remade_streams remade)
    : entries_(entries), old_(old), sources_(entries.count()), remade_(std::move(remade)) {
  range_list lacking;
  for (std::size_t i = 0; i < entries.count(); ++i) {
    const entry_stream s = entries.stream(i);
    if (const entry_stream* there = streams.find(s.size, s.crc)) {
      sources_[i] = there->at;
      found_ += s.size;
    } else if (!remade_.find(i).empty()) {
      found_ += s.size;
    } else {
      lacking.push_back({s.at, s.size});
    }
  }
  missing_ = std::move(lacking);
}

result<done> assembly::read(std::uint64_t at, mutable_bytes out) const noexcept {
  for (std::size_t i = entries_.find(at); !out.empty(); ++i) {
    const entry_stream s = entries_.stream(i);
    if (at < s.at) {
      const encoded_entry_header head = entries_.header(i);
      const bytes rest = head.view().subspan(at - entries_.at(i));
      const bytes part = rest.first(std::min(rest.size(), out.size()));
      std::ranges::copy(part, out.begin());
      out = out.subspan(part.size());
      at += part.size();
    }
    if (out.empty()) break;
    const bytes remade = sources_[i] == 0 ? remade_.find(i) : bytes();
    assert(sources_[i] != 0 || !remade.empty());
    const mutable_bytes part = out.first(std::min<std::uint64_t>(s.at + s.size - at, out.size()));
    if (remade.empty()) {
      DOCTEUR_CHECK(read_exactly(old_, sources_[i] + (at - s.at), part));
    } else {
      std::ranges::copy(remade.subspan(at - s.at, part.size()), part.begin());
    }
    out = out.subspan(part.size());
    at += part.size();
  }
  return done{};
}

}  // namespace docteur
