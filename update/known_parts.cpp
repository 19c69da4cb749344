#include "update/known_parts.hpp"

#include <algorithm>

namespace docteur {

void known_parts::add(std::uint64_t at, bytes piece) {
  if (parts_.empty() || at != parts_.back().at + parts_.back().content.size()) parts_.push_back({at, {}});
  parts_.back().content.insert(parts_.back().content.end(), piece.begin(), piece.end());
}

range_list known_parts::ranges() const {
  range_list all;
  for (const part& p : parts_) all.push_back({p.at, p.content.size()});
  return all;
}

device known_parts::view(std::uint64_t size) const noexcept {
  device d;
  d.self = const_cast<known_parts*>(this);
  d.size = size;
  d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept -> result<done> {
    for (const part& p : static_cast<const known_parts*>(self)->parts_) {
      if (at < p.at || at - p.at > p.content.size() || out.size() > p.content.size() - (at - p.at)) continue;
      std::ranges::copy(bytes(p.content).subspan(at - p.at, out.size()), out.begin());
      return done{};
    }
    return fail(errc::truncated, at, "a part that was not fetched");
  };
  return d;
}

}  // namespace docteur
