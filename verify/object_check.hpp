#pragma once
// Checks each object that was rebuilt: its id, and the syntax of commits, trees and tags. One object for all threads.
// Hosted.

#include <atomic>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "idx/reader.hpp"
#include "object/bytes.hpp"
#include "verify/findings.hpp"
#include "verify/oddities.hpp"
#include "verify/pack_entry.hpp"
#include "verify/special_files.hpp"
#include "verify/tree_edges.hpp"
#include "verify/verify.hpp"

namespace docteur {

class object_check {
 public:
  // `idx`: nullptr if it is not usable. `kind`: of all ids. `wanted`: commits and tags whose content is kept, each
  // once. `odd` gets what git's fsck reports of good objects. `hashes`: of each entry, gets the SHA-256 of a blob's
  // content; may be empty. All references must outlive this.
  object_check(const idx_view* idx, hash_kind kind, std::span<const oid> wanted, const verify_options& options,
               findings& found, oddities& odd, std::span<oid> hashes)
      : idx_(idx),
        kind_(kind),
        wanted_(wanted),
        options_(options),
        found_(found),
        contents_(wanted.size()),
        odd_(odd),
        hashes_(hashes) {}

  // Takes a rebuilt object: sets the id and state of its entry `e`, the one with this index, reports its faults, and,
  // of a tree, adds its entries to `edges`. Safe to call from many threads, each with its own `edges`.
  void take(pack_entry& e, std::uint32_t index, bytes content, tree_edges& edges);
  // The same for a blob that was streamed, by its id. `content`: its SHA-256, if hashes_content().
  void take_blob(pack_entry& e, std::uint32_t index, const oid& id, const oid& content);
  [[nodiscard]] bool hashes_content() const noexcept { return !hashes_.empty(); }

  // Adds remarks. Call it after all objects were taken; the following, too.
  void finish();
  // The special files that any tree names, maybe with duplicates.
  [[nodiscard]] std::vector<special_file>&& special_files() && { return std::move(special_files_); }
  // The content of each of `wanted`; empty if it was not found.
  [[nodiscard]] std::vector<std::string>&& contents() && { return std::move(contents_); }
  // False if trees have more entries than the limit: some were dropped from the edges.
  [[nodiscard]] bool edges_are_complete() const { return edges_ <= options_.bounds.paths; }

 private:
  [[nodiscard]] hash_kind kind() const noexcept { return kind_; }
  void keep(const pack_entry& e, bytes content);
  void hash_content(std::uint32_t index, bytes content);
  void set_id(pack_entry& e, const oid& id);
  void take_commit(const pack_entry& e, bytes content);
  void take_tag(const pack_entry& e, bytes content);
  void check_entry(const pack_entry& e, const tree_entry& entry);
  void take_tree(const pack_entry& e, std::uint32_t index, bytes content, tree_edges& edges);

  const idx_view* idx_;
  hash_kind kind_;
  std::span<const oid> wanted_;
  const verify_options& options_;
  findings& found_;
  std::mutex mutex_;
  std::vector<std::string> contents_;  // in the order of wanted_
  std::vector<special_file> special_files_;
  oddities& odd_;
  std::span<oid> hashes_;
  std::atomic<std::uint64_t> edges_{0};
  std::atomic<std::uint64_t> odd_modes_{0};
  std::atomic<std::uint64_t> odd_trees_{0};
};

}  // namespace docteur
