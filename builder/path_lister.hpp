#pragma once
// Lists all paths of a commit from the trees of its source, in Git's order. Hosted.

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/oid_hash.hpp"
#include "object/failure.hpp"
#include "object/idx_entry.hpp"
#include "object/progress.hpp"
#include "object/tree.hpp"
#include "pack/object_source.hpp"

namespace docteur {

class path_lister {
 public:
  // `entries`: all objects of the image, in any order. Both and `report` must outlive the lister.
  path_lister(const object_source& source, std::span<const idx_entry> entries, const progress& report);

  // `position`: of the path's object in IDX; for a submodule, `id` is its commit and `position` is 0.
  using sink = std::function<void(std::string_view path, entry_kind kind, std::uint32_t position, const oid& id)>;
  // Calls `out` for each path below the tree `root`, the root (an empty path) first. Reads the trees of the source
  // again, because one tree may have many paths and the list of objects has only the first. Fails when the source does
  // or has changed since its objects were listed (blame::input), or when `report` says to stop.
  [[nodiscard]] outcome<void> run(const oid& root, const sink& out);

 private:
  struct frame {
    std::vector<std::byte> content;
    std::optional<tree_reader> rest;  // of `content`
    std::size_t path_size;            // where the names of its entries are appended to path_
  };
  outcome<void> enter(const oid& id, const sink& out);
  [[nodiscard]] std::uint32_t position(const oid& id) const;
  [[nodiscard]] tl::unexpected<failure> changed() const;

  const object_source& source_;
  const progress& report_;
  std::vector<oid> ids_;  // ascending, so that positions are those in IDX
  std::unordered_map<oid, std::size_t, oid_hash> trees_;
  std::deque<frame> open_;  // a deque, so that frames keep their addresses
  std::string path_;        // of the entry at hand
};

}  // namespace docteur
