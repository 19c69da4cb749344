#include "extract/git_index.hpp"

#include <algorithm>
#include <string>

#include "host/describe.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kMagic = 0x44495243;  // "DIRC"
constexpr std::uint32_t kVersion = 2;
// Of an entry: ten 32-bit fields, of which only the mode is set here, then the id, flags, the name.
constexpr std::size_t kModeAt = 24;
constexpr std::size_t kIdAt = 40;
constexpr std::size_t kNameMask = 0xfff;  // in the flags; longer names have this length

struct item {
  std::string path;
  std::uint32_t mode;
  oid id;
};

void append(std::vector<std::byte>& out, const item& i) {
  const std::size_t at = out.size();
  const std::size_t flags_at = kIdAt + i.id.view().size();
  const std::size_t name_at = flags_at + 2;
  // One to eight NUL after the name, up to a multiple of eight.
  out.resize(at + (name_at + i.path.size() + 8) / 8 * 8);
  std::byte* const p = out.data() + at;
  store_be(p + kModeAt, i.mode);
  std::ranges::copy(i.id.view(), p + kIdAt);
  store_be(p + flags_at, static_cast<std::uint16_t>(std::min(i.path.size(), kNameMask)));
  std::ranges::copy(as_bytes(i.path), p + name_at);
}

}  // namespace

outcome<std::vector<std::byte>> make_git_index(const snapshot& from, const std::string& subject) {
  const auto failed = [&](const error& e) { return tl::make_unexpected(describe(e, subject)); };
  std::vector<item> items;
  auto entries = from.list("", snapshot::depth::all);
  if (!entries) return failed(entries.error());
  while (const auto e = entries->next()) {
    if (e->node.kind == entry_kind::directory) continue;
    const auto id = from.id(e->node);
    if (!id) return failed(id.error());
    items.push_back({std::string(e->name), canonical_mode(e->node.kind), *id});
  }
  // Sorted by the bytes of whole paths, which is not the order of trees.
  std::ranges::sort(items, {}, &item::path);

  std::vector<std::byte> out(12);
  store_be(out.data(), kMagic);
  store_be(out.data() + 4, kVersion);
  store_be(out.data() + 8, static_cast<std::uint32_t>(items.size()));
  for (const item& i : items) append(out, i);
  hasher hash(from.image().kind());
  hash.update(out);
  const oid checksum = hash.finish();
  out.insert(out.end(), checksum.view().begin(), checksum.view().end());
  return out;
}

}  // namespace docteur
