#include "verify/unresolved.hpp"

#include <algorithm>
#include <vector>

namespace docteur {
namespace {

enum class mark : std::uint8_t { fresh, on_path, settled };

[[nodiscard]] bool is_pending(const pack_entry& e) { return e.state == entry_state::pending; }

// Returns for each pending entry its base, or kNoEntry if it is no pending delta or its base is not in the PACK.
// Reports the latter and adds their number to `at_fault`.
std::vector<std::uint32_t> bases_of_pending(const scanned_pack& pack, const id_map& ids, findings& found,
                                            std::size_t& at_fault) {
  const auto& entries = pack.entries;
  std::vector<std::uint32_t> bases(entries.size(), kNoEntry);
  for (std::uint32_t i = 0; i < entries.size(); ++i)
    if (is_pending(entries[i]) && entries[i].type == entry_type::ofs_delta) bases[i] = entries[i].base;

  // REF deltas are sorted by base, so each id is looked up once.
  const ref_delta* last = nullptr;
  std::uint32_t base_of_last = kNoEntry;  // an entry that was not rebuilt and has the id
  for (const ref_delta& r : pack.refs) {
    if (!is_pending(entries[r.entry])) continue;
    if (last == nullptr || last->base != r.base) {
      const auto named = ids.find(r.base);
      const auto p = std::ranges::find_if(
          named, [&](const id_map::pair& x) { return entries[x.entry].state != entry_state::whole; });
      base_of_last = p == named.end() ? kNoEntry : p->entry;
      last = &r;
    }
    bases[r.entry] = base_of_last;
    if (base_of_last != kNoEntry) continue;
    ++at_fault;
    found.add(errc::malformed, entries[r.entry].at(),
              "the base of a delta is not in the PACK: " + object_text("object", r.base));
  }
  return bases;
}

// Reports one entry of each cycle and returns their number.
std::size_t report_cycles(const scanned_pack& pack, const std::vector<std::uint32_t>& bases, findings& found) {
  std::size_t cycles = 0;
  std::vector<mark> marks(bases.size(), mark::fresh);
  std::vector<std::uint32_t> path;
  for (std::uint32_t i = 0; i < bases.size(); ++i) {
    std::uint32_t at = i;
    for (path.clear(); at != kNoEntry && marks[at] == mark::fresh; at = bases[at]) {
      marks[at] = mark::on_path;
      path.push_back(at);
    }
    if (at != kNoEntry && marks[at] == mark::on_path) {
      ++cycles;
      found.add(errc::malformed, pack.entries[at].at(), "deltas form a cycle");
    }
    for (const std::uint32_t p : path) marks[p] = mark::settled;
  }
  return cycles;
}

}  // namespace

void report_unresolved(const scanned_pack& pack, const id_map& ids, findings& found) {
  const auto pending = static_cast<std::size_t>(std::ranges::count_if(pack.entries, is_pending));
  if (pending == 0) return;
  std::size_t at_fault = 0;
  const std::vector<std::uint32_t> bases = bases_of_pending(pack, ids, found, at_fault);
  at_fault += report_cycles(pack, bases, found);
  if (found.count() == 0) found.add(errc::malformed, kPackOffset, "objects could not be rebuilt");
  if (pending > at_fault)
    found.remark(std::to_string(pending - at_fault) + " deltas have damaged bases and were not rebuilt");
}

}  // namespace docteur
