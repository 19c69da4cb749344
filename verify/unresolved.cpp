#include "verify/unresolved.hpp"

#include <algorithm>
#include <vector>

namespace docteur {
namespace {

enum class mark : std::uint8_t { fresh, on_path, settled };

}  // namespace

void report_unresolved(const scanned_pack& pack, const id_map& ids, findings& found) {
  const auto& entries = pack.entries;
  const std::size_t pending =
      static_cast<std::size_t>(std::ranges::count(entries, entry_state::pending, &pack_entry::state));
  if (pending == 0) return;

  // Each entry's base, where it is one that was not rebuilt either.
  std::vector<std::uint32_t> base(entries.size(), kNoEntry);
  std::size_t to_blame = 0;
  for (std::uint32_t i = 0; i < entries.size(); ++i)
    if (entries[i].state == entry_state::pending && entries[i].type == entry_type::ofs_delta) base[i] = entries[i].base;
  std::uint32_t lost = kNoEntry;  // an entry that was not rebuilt and may be the base that `last` names
  const ref_delta* last = nullptr;
  for (const ref_delta& r : pack.refs) {
    if (entries[r.entry].state != entry_state::pending) continue;
    if (last == nullptr || last->base != r.base) {
      const auto named = ids.find(r.base);
      const auto p = std::ranges::find_if(
          named, [&](const id_map::pair& x) { return entries[x.entry].state != entry_state::whole; });
      lost = p == named.end() ? kNoEntry : p->entry;
      last = &r;
    }
    base[r.entry] = lost;
    if (lost != kNoEntry) continue;
    ++to_blame;
    found.add(errc::malformed, entries[r.entry].at(),
              "the base of a delta is not in the PACK: " + object_text("object", r.base));
  }

  std::vector<mark> marks(entries.size(), mark::fresh);
  std::vector<std::uint32_t> path;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    std::uint32_t at = i;
    for (path.clear(); at != kNoEntry && marks[at] == mark::fresh; at = base[at]) {
      marks[at] = mark::on_path;
      path.push_back(at);
    }
    if (at != kNoEntry && marks[at] == mark::on_path) {
      ++to_blame;
      found.add(errc::malformed, entries[at].at(), "deltas stand on one another in a circle");
    }
    for (const std::uint32_t p : path) marks[p] = mark::settled;
  }
  if (found.count() == 0) found.add(errc::malformed, kPackOffset, "objects that could not be rebuilt");
  if (pending > to_blame)
    found.remark(std::to_string(pending - to_blame) + " deltas stand on what is damaged and were not rebuilt");
}

}  // namespace docteur
