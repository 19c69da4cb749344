#include "builder/path_section.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/oid_hash.hpp"
#include "builder/path_section_writer.hpp"
#include "object/commit.hpp"
#include "object/tree.hpp"

namespace docteur {
namespace {

// Walks the trees depth-first with a stack of open ones. path_ is the path of the entry at hand; path_size of a frame
// is where the names of its entries are appended.
class path_lister {
 public:
  path_lister(const object_source& source, std::span<const idx_entry> entries, const progress& report)
      : source_(source), report_(report), out_(static_cast<std::uint32_t>(entries.size())) {
    ids_.reserve(entries.size());
    for (const idx_entry& e : entries) ids_.push_back(e.id);
    std::ranges::sort(ids_);
    const auto objects = source.objects();
    for (std::size_t i = 0; i < objects.size() && objects[i].type != object_type::blob; ++i)
      trees_.emplace(objects[i].id, i);
  }

  outcome<std::vector<std::byte>> run() {
    std::vector<std::byte> commit;
    DOCTEUR_CHECK(source_.read(0, commit));
    const auto head = parse_commit(commit, source_.kind());
    if (!head) return changed();
    DOCTEUR_CHECK(enter(head->tree));
    while (!open_.empty()) {
      frame& top = open_.back();
      path_.resize(top.path_size);
      if (top.rest->done()) {
        open_.pop_back();
        continue;
      }
      const auto e = top.rest->next();
      if (!e) return changed();
      if (!path_.empty()) path_ += '/';
      path_ += e->name;
      if (e->kind == entry_kind::directory) {
        DOCTEUR_CHECK(enter(e->id));
      } else if (e->kind == entry_kind::submodule) {
        out_.add_submodule(path_, e->id);
      } else {
        out_.add(path_, e->kind, position(e->id));
      }
    }
    return out_.finish();
  }

 private:
  struct frame {
    std::vector<std::byte> content;
    std::optional<tree_reader> rest;  // of `content`
    std::size_t path_size;
  };

  outcome<void> enter(const oid& id) {
    if (report_.cancelled()) return give_up(blame::environment, "interrupted");
    const auto tree = trees_.find(id);
    if (tree == trees_.end()) return changed();
    out_.add(path_, entry_kind::directory, position(id));
    frame& f = open_.emplace_back();
    DOCTEUR_CHECK(source_.read(tree->second, f.content));
    f.rest.emplace(f.content, source_.kind());
    f.path_size = path_.size();
    return {};
  }

  [[nodiscard]] std::uint32_t position(const oid& id) const {
    return static_cast<std::uint32_t>(std::ranges::lower_bound(ids_, id) - ids_.begin());
  }

  // The trees were valid when the objects of the source were listed.
  [[nodiscard]] tl::unexpected<failure> changed() const {
    return give_up(blame::input, (path_.empty() ? "/" : path_) + ": changed while it was read");
  }

  const object_source& source_;
  const progress& report_;
  path_section_writer out_;
  std::vector<oid> ids_;  // ascending, so that positions are those in IDX
  std::unordered_map<oid, std::size_t, oid_hash> trees_;
  std::deque<frame> open_;  // a deque, so that frames keep their addresses
  std::string path_;
};

}  // namespace

outcome<std::vector<std::byte>> make_path_section(const object_source& source, std::span<const idx_entry> entries,
                                                  const progress& report) {
  return path_lister(source, entries, report).run();
}

}  // namespace docteur
