#pragma once
// Looks at each object that was rebuilt: its id, and what commits, trees and tags must be like. Hosted; one for all
// threads.

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "idx/reader.hpp"
#include "object/bytes.hpp"
#include "verify/findings.hpp"
#include "verify/oddities.hpp"
#include "verify/pack_entry.hpp"
#include "verify/special_files.hpp"
#include "verify/tree_edges.hpp"

namespace docteur {

class object_check {
 public:
  // `idx`: nullptr when it is not usable. `commit`: the header's. `kept`: tags whose content is kept. `odd`: what git's
  // fsck says of good objects.
  object_check(const idx_view* idx, const oid& commit, const std::vector<oid>& kept, const limits& bounds,
               findings& found, oddities& odd)
      : idx_(idx),
        commit_(commit),
        kept_(kept),
        bounds_(bounds),
        found_(found),
        kept_content_(kept.size()),
        odd_(odd) {}

  // An object that was rebuilt whole. Sets the entry's id and state.
  void take(pack_entry& e, std::uint32_t index, bytes content, tree_edges& edges);
  // A blob that went by.
  void take_blob(pack_entry& e, const oid& id);

  // Once all were taken: remarks.
  void finish();
  // Those that any tree names, maybe more than once.
  [[nodiscard]] std::vector<special_file>&& special_files() && { return std::move(special_files_); }
  // Of the header's commit; empty when it was not seen.
  [[nodiscard]] std::string&& commit_content() && { return std::move(commit_content_); }
  [[nodiscard]] std::vector<std::string>&& kept_content() && { return std::move(kept_content_); }
  // More entries of trees than the limit: some were not kept.
  [[nodiscard]] bool edges_are_complete() const { return edges_ <= bounds_.paths; }

 private:
  [[nodiscard]] hash_kind kind() const noexcept { return commit_.kind(); }
  void set_id(pack_entry& e, const oid& id);
  void take_commit(const pack_entry& e, bytes content);
  void take_tag(const pack_entry& e, bytes content);
  void look_at(const pack_entry& e, const tree_entry& entry);
  void take_tree(const pack_entry& e, std::uint32_t index, bytes content, tree_edges& edges);

  const idx_view* idx_;
  oid commit_;
  const std::vector<oid>& kept_;
  limits bounds_;
  findings& found_;
  std::mutex mutex_;
  std::string commit_content_;
  std::vector<std::string> kept_content_;  // of kept_
  std::vector<special_file> special_files_;
  oddities& odd_;
  std::atomic<std::uint64_t> edges_{0};
  std::atomic<std::uint64_t> odd_modes_{0};
  std::atomic<std::uint64_t> odd_trees_{0};
};

}  // namespace docteur
