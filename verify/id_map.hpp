#pragma once
// Maps object ids to entries of the PACK. Hosted.
//
// An id that several entries have means the one that comes first in IDX (doc/FORMAT.md, "IDX"), or, without a usable
// IDX, first in the PACK.

#include <algorithm>
#include <span>
#include <vector>

#include "idx/reader.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

class id_map {
 public:
  struct pair {
    oid id;
    std::uint32_t entry;
  };

  // Maps the computed ids, and also the ids in IDX where an entry is damaged or another object than IDX says: that
  // fault was reported, and references to the id are no further faults. `idx`: nullptr if it is not usable.
  id_map(const scanned_pack& pack, const idx_view* idx) {
    pairs_.reserve(pack.entries.size());
    for (std::uint32_t i = 0; i < pack.entries.size(); ++i) {
      const pack_entry& e = pack.entries[i];
      if (e.has_id) pairs_.push_back({e.id, i});
      if (idx == nullptr || e.position == kNoEntry) continue;
      if (const oid listed = idx->id(e.position); !e.has_id || e.id != listed) pairs_.push_back({listed, i});
    }
    std::ranges::sort(pairs_, [&pack](const pair& a, const pair& b) {
      if (const auto c = a.id <=> b.id; c != 0) return c < 0;
      const std::uint32_t first = pack.entries[a.entry].position, second = pack.entries[b.entry].position;
      return first != second ? first < second : a.entry < b.entry;
    });
  }

  // Returns the entries of an id; the first is the one that it means.
  [[nodiscard]] std::span<const pair> find(const oid& id) const {
    const auto first = std::ranges::lower_bound(pairs_, id, {}, &pair::id);
    return {first, std::ranges::upper_bound(first, pairs_.end(), id, {}, &pair::id)};
  }
  // All pairs, in order of ids.
  [[nodiscard]] std::span<const pair> all() const noexcept { return pairs_; }

 private:
  std::vector<pair> pairs_;
};

}  // namespace docteur
