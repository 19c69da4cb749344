#include "update/packs/image_side.hpp"

#include <algorithm>
#include <functional>

#include "host/describe.hpp"
#include "layout/image_header.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kPiece = 256u << 10;          // bytes that are hashed at once
constexpr std::uint64_t kHeldToCompare = 256u << 20;  // bytes of content, of each image
constexpr std::uint64_t kMostCompared = 32u << 20;    // bytes of an object

std::uint64_t hash_of(std::string_view path, entry_kind kind) {
  const std::uint64_t h = std::hash<std::string_view>{}(path)*2 + (kind == entry_kind::directory ? 1 : 0);
  return h == 0 ? 2 : h;
}

std::string_view name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

outcome<std::unique_ptr<image_side>> image_side::load(const device& disk, const std::string& shown, progress& report) {
  auto side = std::make_unique<image_side>();
  side->disk = disk;
  side->shown = shown;
  DOCTEUR_TRY(pack, load_pack_entries(disk, shown));
  side->pack = std::move(pack);
  side->contents.emplace(disk, side->pack.places, kHeldToCompare, kMostCompared, shown);
  side->commit = side->pack.find(side->pack.commit);
  if (side->commit == kNoPackEntry) return give_up(blame::input, shown + ": its commit is missing");
  DOCTEUR_CHECK(side->hash_streams(report));
  DOCTEUR_CHECK(side->walk(report));
  return side;
}

outcome<void> image_side::hash_streams(progress& report) {
  report.phase("reading", pack.places.size());
  keys.resize(pack.places.size());
  odd_headers.resize(pack.places.size());
  std::vector<std::byte> piece;
  for (std::size_t i = 0; i < pack.places.size(); ++i) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    const pack_place& p = pack.places[i];
    sha256 hash;
    for (std::uint64_t at = p.offset; at < p.end; at += piece.size()) {
      piece.resize(static_cast<std::size_t>(std::min(kPiece, p.end - at)));
      if (const auto r = read_exactly(disk, kPackOffset + at, piece); !r)
        return tl::make_unexpected(describe(r.error(), shown));
      bytes part = piece;
      if (at == p.offset) {
        entry_header h{p.type, 0, p.size, 0, {}};
        if (p.base != kNoPackEntry) h.base_offset = pack.places[p.base].offset;
        const bytes header = part.first(p.header_size);
        odd_headers[i] =
            p.type == entry_type::ref_delta || !std::ranges::equal(encode_entry_header(h, p.offset).view(), header);
        part = part.subspan(p.header_size);
      }
      hash.update(part);
    }
    std::ranges::copy(hash.finish().view().first(keys[i].size()), keys[i].begin());
    report.advance(1);
  }
  return {};
}

outcome<void> image_side::walk(progress& report) {
  paths.resize(pack.places.size());
  names.resize(pack.places.size());
  const auto visit = [this](std::string_view path, entry_kind kind, const oid& id) {
    const std::uint32_t at = pack.find(id);
    if (kind == entry_kind::directory) trees.push_back(id);
    if (at == kNoPackEntry || paths[at] != 0) return;
    paths[at] = hash_of(path, kind);
    names[at] = hash_of(name_of(path), kind);
    if (kind != entry_kind::directory) listed.push_back(at);
  };
  tree_order order{[this](const oid& id) { return pack.find(id); }, *contents, pack.kind};
  auto done = order.walk(commit, visit, report);
  if (!done && done.error().who == blame::input) done.error().message = shown + ": " + done.error().message;
  return std::move(done).map([](std::uint64_t) {});
}

}  // namespace docteur
