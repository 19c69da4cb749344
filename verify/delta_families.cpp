#include "verify/delta_families.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace docteur {

delta_families::delta_families(const scanned_pack& pack)
    : pack_(pack), claimed_(std::make_unique<std::atomic_flag[]>(pack.refs.size())) {
  const std::size_t n = pack.entries.size();
  const auto is_child = [](const pack_entry& e) {
    return e.type == entry_type::ofs_delta && e.state != entry_state::damaged;
  };
  first_.assign(n + 1, 0);
  for (const pack_entry& e : pack.entries)
    if (is_child(e)) ++first_[e.base + 1];
  for (std::size_t i = 0; i < n; ++i) first_[i + 1] += first_[i];
  deltas_.resize(first_[n]);
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t i = 0; i < n; ++i)
    if (is_child(pack.entries[i])) deltas_[next[pack.entries[i].base]++] = i;
  count_descendants();
}

// From the leaves up. Entries in a cycle of REF deltas never become leaves and keep their count.
void delta_families::count_descendants() {
  const auto& entries = pack_.entries;
  descendants_.assign(entries.size(), 1);
  std::vector<std::uint32_t> waiting(entries.size(), 0);
  for (const pack_entry& e : entries)
    if (e.base != kNoEntry) ++waiting[e.base];
  std::vector<std::uint32_t> leaves;
  for (std::uint32_t i = 0; i < entries.size(); ++i)
    if (waiting[i] == 0) leaves.push_back(i);
  while (!leaves.empty()) {
    const std::uint32_t i = leaves.back();
    leaves.pop_back();
    const std::uint32_t base = entries[i].base;
    if (base == kNoEntry) continue;
    descendants_[base] += descendants_[i];
    if (--waiting[base] == 0) leaves.push_back(base);
  }
}

void delta_families::take_children(std::uint32_t base, std::vector<std::uint32_t>& out) {
  out.assign(deltas_.begin() + first_[base], deltas_.begin() + first_[base + 1]);
  // One flag for all deltas with the same base: many copies of an object must not each go through many deltas.
  const oid& id = pack_.entries[base].id;
  const auto first = std::ranges::lower_bound(pack_.refs, id, {}, &ref_delta::base);
  const auto last = std::ranges::upper_bound(first, pack_.refs.end(), id, {}, &ref_delta::base);
  if (first != last && !claimed_[static_cast<std::size_t>(first - pack_.refs.begin())].test_and_set())
    for (const ref_delta& r : std::span(first, last)) out.push_back(r.entry);
  if (out.empty()) return;
  const auto most = std::ranges::max_element(out, {}, [this](std::uint32_t i) { return descendants_[i]; });
  std::swap(*most, out.back());
}

}  // namespace docteur
