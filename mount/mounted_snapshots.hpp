#pragma once
// The trees of a mount, by their numbers: one snapshot as tree 0, or all versions of an image as trees 1, 2, 3, ...,
// with a folder of their names as tree 0. Hosted, may be used by many threads.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/recent_versions.hpp"
#include "reader/snapshot.hpp"
#include "reader/version_list.hpp"

namespace docteur {

// An entry of the folder of versions.
struct version_entry {
  std::string_view name;
  std::uint32_t tree;       // the version's
  std::string_view target;  // the name of the folder that it links to; empty for a folder
};

class mounted_snapshots {
 public:
  using handle = std::shared_ptr<const snapshot>;

  // One tree. `only` must outlive the object.
  explicit mounted_snapshots(const snapshot& only) noexcept : first_(&only) {}
  // All versions of the image that `first`, the snapshot of its commit, is of; `first` must outlive the object. A
  // version is attached when it is first needed. `most`: bytes for all that are attached, without `first`; the last one
  // stays whatever it takes. Errors: those of version_list::load(); not_found if the image has no versions.
  [[nodiscard]] static result<std::unique_ptr<mounted_snapshots>> of_versions(const snapshot& first,
                                                                              std::uint64_t most);

  [[nodiscard]] const docteur::image& image() const noexcept { return first_->image(); }
  // That of the image's commit, or of the only tree.
  [[nodiscard]] const snapshot& first() const noexcept { return *first_; }
  [[nodiscard]] bool has_versions() const noexcept { return !versions_.empty(); }
  // Versions of different commits come as folders, further names of a commit as links to its folder.
  [[nodiscard]] std::span<const version_entry> entries() const noexcept { return entries_; }
  // The place in entries() of a name.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;

  // The snapshot of a tree, of tree 0 that of the image's commit. Errors: those of snapshot::attach(). Throws
  // std::bad_alloc.
  [[nodiscard]] result<handle> tree(std::uint32_t number);
  // The commit of a tree.
  [[nodiscard]] oid commit(std::uint32_t number) const;
  // Bytes of the versions that are attached, without the image's commit.
  [[nodiscard]] std::uint64_t used() const { return recent_.used(); }

 private:
  const snapshot* first_;
  version_list versions_;
  std::vector<version_entry> entries_;  // views of versions_
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  recent_versions<snapshot> recent_;
};

}  // namespace docteur
