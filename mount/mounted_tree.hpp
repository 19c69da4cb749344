#pragma once
// What a kernel asks about an image that it has mounted, or about all versions of one, answered by numbers
// (mount/node_number.hpp). Hosted, may be used by many threads. Knows nothing of FUSE.

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "mount/file_contents.hpp"
#include "mount/known_folders.hpp"
#include "mount/mounted_snapshots.hpp"
#include "mount/node_number.hpp"

namespace docteur {

// Bytes of the longest name that FUSE carries (Linux, include/linux/fuse.h: FUSE_NAME_MAX). Git allows longer ones.
inline constexpr std::size_t kMostName = 1024;

struct tree_owner {
  std::uint32_t user;
  std::uint32_t group;
};

// Errors of all functions, besides those named: the reader's; where a version is needed, those of snapshot::attach().
class mounted_tree {
 public:
  // `of` and its image must outlive the tree.
  mounted_tree(mounted_snapshots& of, const memory& from, tree_owner owner);

  // The node of a number that the kernel holds.
  [[nodiscard]] mounted_node find(std::uint64_t number) const noexcept { return node_of(number); }

  // Returns the entry `name` of a folder. Errors: not_found; wrong_kind if the kernel does not hold `folder`.
  [[nodiscard]] result<mounted_node> entry(std::uint64_t folder, std::string_view name);
  // The kernel holds one more reference to the entry `name` of `folder`, or `count` fewer to `number`. Only folders are
  // counted: the number of a file says all about it.
  void hold(std::uint64_t folder, std::string_view name, const mounted_node& n);
  void release(std::uint64_t number, std::uint64_t count);
  [[nodiscard]] std::size_t held_folders() const { return folders_.size(); }

  // No two paths of a mount have the same.
  [[nodiscard]] std::uint64_t inode(const mounted_node& n) const noexcept;
  // Type, mode, size, owner, times (those of the version's commit) and inode number, all but the device.
  [[nodiscard]] result<struct stat> status(const mounted_node& n);

  // The listing of a folder after its first `passed` entries; the first two are "." and "..". `take` gets each entry
  // with its place in the listing and returns whether to go on; the last entry it got is passed again next time if it
  // returned false. Errors: wrong_kind if the kernel does not hold the folder; out_of_memory.
  struct listed {
    std::string_view name;
    mounted_node what;
    std::uint64_t place;  // of the next entry
    bool is_dot;          // "." or ".."
  };
  [[nodiscard]] result<done> list(std::uint64_t folder, std::uint64_t passed,
                                  const std::function<bool(const listed&)>& take);

  // As file_contents::target() and read().
  [[nodiscard]] result<std::string> target(const mounted_node& n);
  [[nodiscard]] result<done> read(const mounted_node& n, std::uint64_t at, std::size_t size,
                                  const std::function<void(bytes)>& take);

  // The names of extended attributes, each followed by NUL, and their values. Errors: not_found.
  [[nodiscard]] std::string attribute_names(const mounted_node& n) const;
  [[nodiscard]] result<std::string> attribute(const mounted_node& n, std::string_view name);
  // The id of the object; of what is in the folder of versions, the image's commit.
  [[nodiscard]] result<oid> id(const mounted_node& n);

  [[nodiscard]] struct statvfs space() const noexcept;

 private:
  [[nodiscard]] bool is_top(const mounted_node& n) const noexcept { return is_in_top(n) && n.is_root(); }
  [[nodiscard]] bool is_in_top(const mounted_node& n) const noexcept {
    return n.tree == 0 && snapshots_->has_versions();
  }
  // The node of an entry of the folder of versions.
  [[nodiscard]] mounted_node version(std::uint32_t place) const noexcept;
  [[nodiscard]] result<done> list_versions(std::uint64_t passed, const std::function<bool(const listed&)>& take);
  // The node in its snapshot, which `paths` receives.
  [[nodiscard]] result<node> node_at(const mounted_node& n, mounted_snapshots::handle& paths);

  mounted_snapshots* snapshots_;
  tree_owner owner_;
  known_folders folders_;
  file_contents contents_;
};

}  // namespace docteur
