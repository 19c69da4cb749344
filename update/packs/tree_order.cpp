#include "update/packs/tree_order.hpp"

#include <deque>
#include <unordered_map>

#include "base/oid_hash.hpp"
#include "object/commit.hpp"
#include "reader/limits.hpp"

namespace docteur {
namespace {

tl::unexpected<failure> bad_trees(const char* what) {
  return give_up(blame::input, std::string("the trees cannot be read: ") + what);
}

class walker {
 public:
  walker(tree_order& order, const tree_order::visitor& visit) : order_(order), visit_(visit) {}

  outcome<std::uint64_t> run(const oid& root, const progress& report) {
    DOCTEUR_CHECK(enter(root));
    std::uint64_t last = 0;  // paths of the tree that was left last
    while (!open_.empty()) {
      if (report.cancelled()) return give_up(blame::environment, "interrupted");
      frame& top = open_.back();
      path_.resize(top.path_size);
      if (top.rest.done()) {
        last = top.paths;
        done_[top.id] = last;
        open_.pop_back();
        if (!open_.empty()) DOCTEUR_CHECK(count(last));
        continue;
      }
      const auto e = top.rest.next();
      if (!e) return bad_trees(e.error().what);
      if (!path_.empty()) path_ += '/';
      path_ += e->name;
      DOCTEUR_CHECK(take(*e));
    }
    return last;
  }

 private:
  struct frame {
    oid id;
    pack_contents::content content;
    tree_reader rest;  // of `content`
    std::size_t path_size;
    std::uint64_t paths;
  };

  outcome<void> take(const tree_entry& e) {
    if (e.kind == entry_kind::directory) {
      const auto before = done_.find(e.id);
      if (before == done_.end()) return enter(e.id);
      return before->second == 0 ? bad_trees("a tree contains itself") : count(before->second);
    }
    DOCTEUR_CHECK(count(1));
    if (e.kind != entry_kind::submodule) visit_(path_, e.kind, e.id);
    return {};
  }

  outcome<void> count(std::uint64_t paths) {
    std::uint64_t& all = open_.back().paths;
    all += paths;  // two numbers below 2^25
    return all > limits{}.paths ? outcome<void>(bad_trees("too many paths")) : outcome<void>();
  }

  outcome<void> enter(const oid& id) {
    const std::uint32_t place = order_.place_of(id);
    if (place == kNoPackEntry) return bad_trees("one is missing");
    if (open_.size() >= limits{}.tree_depth || path_.size() > limits{}.path_bytes)
      return bad_trees("too many folders in folders");
    DOCTEUR_TRY(content, order_.contents.get(place));
    if (content == nullptr) return bad_trees("one is too large");
    done_[id] = 0;
    visit_(path_, entry_kind::directory, id);
    const bytes all = *content;
    open_.push_back({id, std::move(content), tree_reader(all, order_.kind), path_.size(), 1});
    return {};
  }

  tree_order& order_;
  const tree_order::visitor& visit_;
  std::deque<frame> open_;
  std::unordered_map<oid, std::uint64_t, oid_hash> done_;  // paths of each tree; 0: it is open
  std::string path_;
};

}  // namespace

outcome<std::uint64_t> tree_order::walk(std::uint32_t commit, const visitor& visit, const progress& report) {
  DOCTEUR_TRY(content, contents.get(commit));
  if (content == nullptr) return bad_trees("the commit is too large");
  const auto head = parse_commit(*content, kind);
  if (!head) return bad_trees(head.error().what);
  return walker(*this, visit).run(head->tree, report);
}

}  // namespace docteur
