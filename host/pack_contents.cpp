#include "host/pack_contents.hpp"

#include <new>

#include "host/describe.hpp"
#include "layout/image_header.hpp"
#include "pack/delta.hpp"
#include "reader/limits.hpp"

namespace docteur {
namespace {

inflater make_inflater() {
  auto made = inflater::make();
  if (!made) throw std::bad_alloc();
  return std::move(*made);
}

}  // namespace

pack_contents::pack_contents(const device& image, const std::vector<pack_place>& places, std::uint64_t kept,
                             std::uint64_t most, std::string shown)
    : image_(image),
      places_(places),
      most_kept_(kept),
      most_(most),
      shown_(std::move(shown)),
      inflate_(make_inflater()) {}

tl::unexpected<failure> pack_contents::failed(const error& e) const { return tl::make_unexpected(describe(e, shown_)); }

outcome<void> pack_contents::read_stream(std::uint32_t place, std::vector<std::byte>& out) {
  const pack_place& p = places_[place];
  out.resize(static_cast<std::size_t>(p.stream_size()));
  if (const auto r = read_exactly(image_, kPackOffset + p.stream_at(), out); !r) return failed(r.error());
  return {};
}

outcome<bool> pack_contents::inflate(std::uint32_t place, std::vector<std::byte>& out) {
  const pack_place& p = places_[place];
  if (p.size > most_ || p.stream_size() > most_ + most_ / 8 + 4096) return false;
  DOCTEUR_CHECK(read_stream(place, stream_));
  out.resize(static_cast<std::size_t>(p.size));
  const std::uint64_t at = kPackOffset + p.stream_at();
  const auto used = inflate_.inflate(stream_, out, at);
  if (!used) return failed(used.error());
  if (*used != stream_.size()) return failed({errc::malformed, at, "an entry ends before the next one begins"});
  return true;
}

outcome<pack_contents::content> pack_contents::get(std::uint32_t place) {
  std::vector<std::uint32_t> chain;  // deltas to apply, the last one first
  content base;
  std::uint32_t at = place;
  for (; (base = find(at)) == nullptr; at = places_[at].base) {
    if (!is_delta(places_[at].type)) break;
    if (places_[at].base == kNoPackEntry || chain.size() >= limits{}.delta_depth) return content();
    chain.push_back(at);
  }
  if (base == nullptr) {
    auto whole = std::make_shared<std::vector<std::byte>>();
    DOCTEUR_TRY(fits, inflate(at, *whole));
    if (!fits) return content();
    base = std::move(whole);
    put(at, base);
  }
  for (; !chain.empty(); chain.pop_back()) {
    DOCTEUR_TRY(next, apply(base, chain.back()));
    if (next == nullptr) return next;
    base = std::move(next);
    put(chain.back(), base);
  }
  return base;
}

outcome<pack_contents::content> pack_contents::apply(const content& base, std::uint32_t place) {
  DOCTEUR_TRY(fits, inflate(place, delta_));
  if (!fits) return content();
  const std::uint64_t at = kPackOffset + places_[place].stream_at();
  const auto head = decode_delta_header(delta_, at);
  if (!head) return failed(head.error());
  if (head->result_size > most_) return content();
  const auto made = measure_delta(delta_, at);
  if (!made) return failed(made.error());
  if (*made != head->result_size) return failed({errc::malformed, at, "a delta makes another size than it states"});
  auto result = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(head->result_size));
  if (const auto r = apply_delta(*base, delta_, *result, at); !r) return failed(r.error());
  return content(std::move(result));
}

pack_contents::content pack_contents::find(std::uint32_t place) {
  const auto it = kept_.find(place);
  if (it == kept_.end()) return nullptr;
  ages_.splice(ages_.begin(), ages_, it->second.age);
  return it->second.what;
}

void pack_contents::put(std::uint32_t place, content what) {
  if (what->size() > most_kept_ / 2 || kept_.contains(place)) return;
  kept_bytes_ += what->size() + 256;  // and what the tables take
  ages_.push_front(place);
  kept_.emplace(place, kept_content{std::move(what), ages_.begin()});
  while (kept_bytes_ > most_kept_) {
    const auto oldest = kept_.find(ages_.back());
    kept_bytes_ -= oldest->second.what->size() + 256;
    kept_.erase(oldest);
    ages_.pop_back();
  }
}

}  // namespace docteur
