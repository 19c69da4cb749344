#include "update/remade_streams.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "object/result.hpp"
#include "pack/effort.hpp"
#include "update/packs/entry_rebuilder.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kHeld = 64u << 20;       // bytes of content
constexpr std::uint64_t kMostObject = 8u << 20;  // bytes
constexpr std::uint64_t kMostMade = 16u << 20;   // bytes of streams
constexpr std::size_t kTrials = 64;              // of each way, until only those that succeeded go on

// An entry that is wanted, and where its object and its base are in the old image.
struct wanted {
  std::size_t entry;
  std::uint32_t place;
  std::uint32_t base;  // kNoPackEntry: none
};

// One way in which docteur-make makes streams.
struct way {
  explicit way(const update_codecs& how) : streams(how) {}
  stream_maker streams;
  std::size_t made[2] = {};  // wholes, deltas
};

std::vector<way> all_ways() {
  std::vector<way> all;
  for (const effort e : {effort::normal, effort::fast, effort::max}) {
    const plan_effort plan = plan_of(e);
    update_codecs how;
    how.deltas = plan.best;
    for (const deflate_levels& levels : {plan.levels, plan.levels_if_few_wholes}) {
      how.delta_level = levels.deltas;
      how.whole_level = levels.wholes;
      if (&levels == &plan.levels || levels.wholes != plan.levels.wholes) all.emplace_back(how);
    }
  }
  return all;
}

class remaker {
 public:
  remaker(const entry_table& entries, const device& old, const pack_entries& places)
      : entries_(entries), contents_(old, places.places, kHeld, kMostObject, "the old image"), ways_(all_ways()) {}

  // The stream of an entry; empty: it could not be made. Valid until the next call.
  outcome<bytes> make(const wanted& w) {
    const bool is_delta = w.base != kNoPackEntry;
    std::vector<std::size_t>& ways = ways_of_[is_delta];
    if (tried_[is_delta]++ == kTrials) std::erase_if(ways, [&](std::size_t k) { return ways_[k].made[is_delta] == 0; });
    if (ways.empty()) return bytes();
    DOCTEUR_TRY(content, contents_.get(w.place));
    if (content == nullptr) return bytes();
    pack_contents::content base;
    if (is_delta) {
      DOCTEUR_TRY(there, contents_.get(w.base));
      if (there == nullptr) return bytes();
      base = std::move(there);
    }
    const entry_stream is = entries_.stream(w.entry);
    for (const std::size_t k : ways) {
      stream_maker& streams = ways_[k].streams;
      const bytes what = is_delta ? streams.instructions(w.base, base, *content) : bytes(*content);
      if (what.size() != entries_.outline(w.entry).size) continue;
      const bytes made = streams.deflate(what, is_delta);
      if (made.size() != is.size || libdeflate_crc32(0, made.data(), made.size()) != is.crc) continue;
      ++ways_[k].made[is_delta];
      return made;
    }
    return bytes();
  }

 private:
  const entry_table& entries_;
  pack_contents contents_;
  std::vector<way> ways_;
  std::vector<std::size_t> ways_of_[2] = {numbers(), numbers()};  // that go on, of wholes and deltas
  std::size_t tried_[2] = {};

  [[nodiscard]] std::vector<std::size_t> numbers() const {
    std::vector<std::size_t> all(ways_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
  }
};

// In the order of their bases, each of which is then prepared once.
std::vector<wanted> list(const entry_table& entries, const pack_entries& old, const stream_index& there) {
  std::vector<wanted> all;
  for (std::size_t i = 0; i < entries.count(); ++i) {
    const entry_stream s = entries.stream(i);
    if (there.find(s.size, s.crc) != nullptr) continue;
    wanted w{i, old.find(entries.id(i)), kNoPackEntry};
    if (w.place == kNoPackEntry || entries.outline(i).size > kMostObject) continue;
    if (entries.outline(i).type == entry_type::ofs_delta) {
      w.base = old.find(entries.id(i - entries.outline(i).entries_back));
      if (w.base == kNoPackEntry) continue;
    }
    all.push_back(w);
  }
  std::ranges::sort(all, {}, [](const wanted& w) { return std::tuple(w.base, w.entry); });
  return all;
}

}  // namespace

outcome<remade_streams> remade_streams::make(const entry_table& entries, const device& old, const stream_index& there,
                                             const progress& report) {
  remade_streams all;
  const auto places = load_pack_entries(old, "the old image");
  if (!places)
    return places.error().who == blame::input ? outcome<remade_streams>(std::move(all))
                                              : tl::make_unexpected(places.error());
  remaker maker(entries, old, *places);
  for (const wanted& w : list(entries, *places, there)) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    auto made = maker.make(w);
    if (!made && made.error().who == blame::environment) return tl::make_unexpected(std::move(made.error()));
    if (!made || made->empty()) continue;  // a damaged object is fetched
    if (all.size_ + made->size() > kMostMade) break;
    all.size_ += made->size();
    all.streams_.emplace(w.entry, std::vector<std::byte>(made->begin(), made->end()));
  }
  return all;
}

bytes remade_streams::find(std::size_t i) const {
  const auto at = streams_.find(i);
  return at == streams_.end() ? bytes() : bytes(at->second);
}

}  // namespace docteur
