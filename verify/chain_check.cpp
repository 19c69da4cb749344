#include "verify/chain_check.hpp"

#include <algorithm>
#include <vector>

namespace docteur {
namespace {

class chains {
 public:
  chains(const scanned_pack& pack, const id_map& ids, const limits& bounds, findings& found)
      : entries_(pack.entries), bounds_(bounds), found_(found), bases_(entries_.size(), kNoEntry) {
    for (std::uint32_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].type == entry_type::ofs_delta) bases_[i] = entries_[i].base;
    for (const ref_delta& r : pack.refs)
      if (const auto named = ids.find(r.base); !named.empty()) bases_[r.entry] = named.front().entry;
  }

  std::uint32_t run() {
    links_.resize(entries_.size());
    std::vector<std::uint32_t> path;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      std::uint32_t at = i;
      for (path.clear(); at != kNoEntry && links_[at].state == mark::fresh; at = bases_[at]) {
        links_[at].state = mark::on_path;
        path.push_back(at);
      }
      if (at != kNoEntry && links_[at].state == mark::on_path && is_whole(at))
        found_.add(errc::malformed, entries_[at].at(), "deltas form a cycle");
      for (; !path.empty(); path.pop_back()) settle(path.back());
    }
    return deepest_;
  }

 private:
  enum class mark : std::uint8_t { fresh, on_path, settled };
  struct link {
    std::uint64_t bytes = 0;  // of the deltas from here to a whole object
    std::uint32_t depth = 0;  // the number of those deltas
    mark state = mark::fresh;
    bool is_lost = false;  // a fault from here down was reported
  };

  [[nodiscard]] bool is_whole(std::uint32_t i) const { return entries_[i].state == entry_state::whole; }

  // Settles an entry whose base is settled already, unless the two are in a cycle.
  void settle(std::uint32_t i) {
    link& l = links_[i];
    l.state = mark::settled;
    const std::uint32_t base = bases_[i];
    if (!is_whole(i) || !is_delta(entries_[i].type) || base == kNoEntry) return;
    const link& below = links_[base];
    l.is_lost = below.is_lost || below.state != mark::settled;
    if (l.is_lost) return;
    l.depth = below.depth + 1;
    l.bytes = below.bytes + entries_[i].size;  // no overflow: each is within the limit
    l.is_lost = true;
    if (l.depth > bounds_.delta_depth) {
      found_.add(errc::too_large, entries_[i].at(), "delta chain is longer than the limit");
    } else if (l.bytes > bounds_.object_bytes) {
      found_.add(errc::too_large, entries_[i].at(), "the deltas of a chain are larger than the limit");
    } else {
      l.is_lost = false;
      deepest_ = std::max(deepest_, l.depth);
    }
  }

  const std::vector<pack_entry>& entries_;
  const limits& bounds_;
  findings& found_;
  std::vector<std::uint32_t> bases_;
  std::vector<link> links_;
  std::uint32_t deepest_ = 0;
};

}  // namespace

std::uint32_t check_chains(const scanned_pack& pack, const id_map& ids, const limits& bounds, findings& found) {
  return chains(pack, ids, bounds, found).run();
}

}  // namespace docteur
