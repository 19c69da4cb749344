#include <algorithm>

#include "pack/effort.hpp"
#include "update/packs/entry_differ.hpp"

namespace docteur {
namespace {

constexpr std::size_t kSamples = 24;
constexpr std::uint64_t kLeastSample = 200;  // bytes of content: the streams of fewer differ little by level
constexpr std::uint64_t kMostSample = 256 << 10;
constexpr int kMostLevel = 12;

struct sample {
  std::uint32_t place;
  pack_contents::content content;
  std::vector<std::byte> stream;
};

// Some entries from all over the PACK.
outcome<std::vector<sample>> take_samples(image_side& of, bool deltas) {
  std::vector<std::uint32_t> fit;
  for (std::uint32_t i = 0; i < of.pack.places.size(); ++i) {
    const pack_place& p = of.pack.places[i];
    if (is_delta(p.type) == deltas && p.type != entry_type::ref_delta && p.size >= kLeastSample / (deltas ? 4 : 1) &&
        p.size <= kMostSample && p.stream_size() < p.size)
      fit.push_back(i);
  }
  std::vector<sample> all;
  const std::size_t step = std::max<std::size_t>(1, fit.size() / kSamples);
  for (std::size_t at = step / 2; at < fit.size(); at += step) {
    DOCTEUR_TRY(content, of.contents->get(fit[at]));
    if (content == nullptr) continue;
    sample& s = all.emplace_back(sample{fit[at], std::move(content), {}});
    DOCTEUR_CHECK(of.contents->read_stream(s.place, s.stream));
  }
  return all;
}

}  // namespace

outcome<update_codecs> choose_codecs(image_side& of) {
  update_codecs best;
  best.deltas = plan_of(effort::normal).best;
  DOCTEUR_TRY(wholes, take_samples(of, false));
  std::ptrdiff_t most = 0;
  for (int level = kMostLevel; level >= 1; --level) {
    compressor deflate(level);
    const auto matches = std::ranges::count_if(
        wholes, [&](const sample& s) { return std::ranges::equal(deflate.compress(*s.content).stream, s.stream); });
    if (matches > most) most = matches, best.whole_level = level;
  }
  DOCTEUR_TRY(deltas, take_samples(of, true));
  most = 0;
  for (const effort e : {effort::normal, effort::fast, effort::max}) {
    update_codecs codecs = best;
    codecs.deltas = plan_of(e).best;
    codecs.delta_level = plan_of(e).levels.deltas;
    stream_maker streams(codecs);
    std::ptrdiff_t matches = 0;
    for (const sample& s : deltas) {
      const std::uint32_t base_place = of.pack.places[s.place].base;
      DOCTEUR_TRY(base, of.contents->get(base_place));
      if (base == nullptr) continue;
      const bytes made = streams.instructions(base_place, base, *s.content);
      if (std::ranges::equal(streams.deflate(made, true), s.stream)) ++matches;
    }
    if (matches > most) most = matches, best.deltas = codecs.deltas, best.delta_level = codecs.delta_level;
  }
  return best;
}

}  // namespace docteur
