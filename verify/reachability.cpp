#include "verify/reachability.hpp"

#include <algorithm>
#include <limits>

namespace docteur {
namespace {

// Sums stop here, so that they cannot overflow.
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 2;

constexpr std::uint32_t kUnknown = kNoEntry - 1;

// The measures of a tree with everything below it.
struct extent {
  std::uint64_t paths = 1;  // itself included
  std::uint32_t depth = 1;  // levels of nested trees
  std::uint64_t bytes = 0;  // of the longest path
  std::uint64_t held = 0;   // the most bytes of all trees along one path, which a walk holds together
};

class walk {
 public:
  walk(const scanned_pack& pack, const id_map& ids, const tree_index& trees, findings& found)
      : pack_(pack),
        ids_(ids),
        trees_(trees),
        found_(found),
        extents_(trees.size()),
        visited_(trees.size()),
        reached_(pack.entries.size()),
        whole_(ids.all().size(), kUnknown) {}

  // Returns the entry of an object that is referenced at `from_at` in the image; kNoEntry after a fault.
  std::uint32_t reach(const oid& id, object_type type, std::uint64_t from_at) {
    const auto named = ids_.find(id);
    if (named.empty()) {
      found_.add(errc::malformed, from_at, object_text(name(type), id) + " is referenced here but is not in the PACK");
      return kNoEntry;
    }
    // The first whole entry of this id is searched for once.
    std::uint32_t& whole = whole_[static_cast<std::size_t>(named.data() - ids_.all().data())];
    if (whole == kUnknown) {
      whole = kNoEntry;
      for (const id_map::pair& p : named) {
        reached_[p.entry] = true;
        if (whole == kNoEntry && pack_.entries[p.entry].state == entry_state::whole) whole = p.entry;
      }
    }
    if (whole == kNoEntry) return kNoEntry;  // damaged, which was reported
    const pack_entry& e = pack_.entries[whole];
    if (e.object == type) return whole;
    found_.add(errc::wrong_kind, from_at,
               object_text(name(e.object), id) + " is referenced here as a " + std::string(name(type)));
    return kNoEntry;
  }

  // Visits all trees from `root` down that were not visited before, with an explicit stack.
  extent visit(std::uint32_t root) {
    const std::size_t first = trees_.find(root);
    if (first == trees_.size()) return {};
    if (visited_[first]) return extents_[first];
    std::vector<frame> stack;
    visited_[first] = true;
    stack.push_back({first});
    while (!stack.empty()) {
      frame& f = stack.back();
      const tree_index::tree& t = trees_[f.tree];
      extent& here = extents_[f.tree];
      if (f.next == t.count) {
        here.held = std::min(here.held + t.size, kMost);
        stack.pop_back();
        continue;
      }
      const tree_edge& edge = t.edges[f.next];
      if (edge.kind != entry_kind::directory) {
        ++f.next;
        here.paths = std::min(here.paths + 1, kMost);
        here.bytes = std::max<std::uint64_t>(here.bytes, edge.name_size);
        if (edge.kind != entry_kind::submodule) reach(edge.id, object_type::blob, pack_.entries[t.entry].at());
        continue;
      }
      // An edge to a tree is handled twice: to enter the tree, and again when everything below it is known.
      const std::uint32_t child = f.entered ? f.child : reach(edge.id, object_type::tree, pack_.entries[t.entry].at());
      const std::size_t below = child == kNoEntry ? trees_.size() : trees_.find(child);
      if (below != trees_.size() && !visited_[below]) {
        visited_[below] = true;
        f.entered = true;
        f.child = child;
        stack.push_back({below});
        continue;
      }
      f.entered = false;
      ++f.next;
      if (below == trees_.size()) continue;
      const extent& b = extents_[below];
      here.paths = std::min(here.paths + b.paths, kMost);
      here.depth = std::max(here.depth, b.depth + 1);
      here.held = std::max(here.held, b.held);
      here.bytes = std::max(here.bytes, edge.name_size + (b.bytes > 0 ? b.bytes + 1 : 0));
    }
    return extents_[first];
  }

  [[nodiscard]] const std::vector<bool>& reached() const noexcept { return reached_; }

 private:
  struct frame {
    std::size_t tree;
    std::uint32_t next = 0;
    std::uint32_t child = kNoEntry;
    bool entered = false;
  };

  const scanned_pack& pack_;
  const id_map& ids_;
  const tree_index& trees_;
  findings& found_;
  std::vector<extent> extents_;
  std::vector<bool> visited_;
  std::vector<bool> reached_;         // by entry
  std::vector<std::uint32_t> whole_;  // by the first position of an id in ids_: the entry that stands for it
};

// Duplicates are a fault, as for `git index-pack --strict` and `git verify-pack`.
void report_duplicates(const scanned_pack& pack, const id_map& ids, findings& found) {
  const auto all = ids.all();
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i - 1].id != all[i].id) continue;
    const pack_entry& e = pack.entries[all[i].entry];
    if (e.state != entry_state::whole || pack.entries[all[i - 1].entry].state != entry_state::whole) continue;
    found.add(errc::malformed, e.at(), object_text(name(e.object), all[i].id) + " is in the PACK twice");
  }
}

void check_extent(const extent& all, std::uint64_t root_at, const limits& bounds, findings& found) {
  if (all.paths > bounds.paths) found.add(errc::too_large, root_at, "more paths than the limit");
  if (all.depth > bounds.tree_depth)
    found.add(errc::too_large, root_at, "directories are nested deeper than the limit");
  if (all.held > bounds.object_bytes)
    found.add(errc::too_large, root_at, "the trees along one path are larger than the limit of an object");
  if (all.bytes > bounds.path_bytes) found.add(errc::too_large, root_at, "a path is longer than the limit");
}

}  // namespace

void check_reachability(const scanned_pack& pack, const id_map& ids, const tree_index& trees,
                        const reach_options& options, const limits& bounds, findings& found, verify_report& result) {
  report_duplicates(pack, ids, found);
  walk w(pack, ids, trees, found);
  for (const oid& tag : options.tags) w.reach(tag, object_type::tag, options.tags_at);
  for (const verified_version& v : result.versions)
    for (const tag_object& tag : v.tags) w.reach(tag.id, object_type::tag, options.versions_at);
  if (!options.edges_are_complete) {
    found.add(errc::too_large, kPackOffset, "trees have more entries than the limit: reachability was not checked");
    return;
  }
  // Nothing can be said of what is not reached when a tree was not.
  const auto visit = [&](const oid& commit, const std::optional<commit_view>& head, std::uint64_t from_at) {
    const std::uint32_t entry = w.reach(commit, object_type::commit, from_at);
    if (entry == kNoEntry || !head) return std::optional<extent>();
    const std::uint32_t root = w.reach(head->tree, object_type::tree, pack.entries[entry].at());
    if (root == kNoEntry) return std::optional<extent>();
    const extent all = w.visit(root);
    check_extent(all, pack.entries[root].at(), bounds, found);
    return std::optional(all);
  };
  const auto own = visit(options.commit, result.head(), kHeaderCommit);
  if (!own) return;
  result.paths = own->paths;
  for (verified_version& v : result.versions) {
    const auto its = visit(v.commit, v.head(), options.versions_at);
    if (!its) return;
    v.paths = its->paths;
  }

  std::uint64_t unreachable = 0;
  for (std::size_t i = 0; i < pack.entries.size(); ++i) {
    const pack_entry& e = pack.entries[i];
    if (w.reached()[i] || e.state != entry_state::whole) continue;
    ++unreachable;
    if (options.only_reachable)
      found.add(errc::malformed, e.at(), object_text(name(e.object), e.id) + " is not reachable from the commit");
  }
  if (unreachable > 0 && !options.only_reachable)
    found.remark(std::to_string(unreachable) + " objects are not reachable from the commit");
}

}  // namespace docteur
