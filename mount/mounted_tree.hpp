#pragma once
// What a kernel asks about an image that it has mounted, answered by numbers (mount/node_number.hpp). Hosted, may be
// used by many threads. Knows nothing of FUSE.

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mount/content_spill.hpp"
#include "mount/content_store.hpp"
#include "mount/known_folders.hpp"
#include "mount/reader_pool.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

// Bytes of the longest name that FUSE carries (Linux, include/linux/fuse.h: FUSE_NAME_MAX). Git allows longer ones.
inline constexpr std::size_t kMostName = 1024;

struct tree_owner {
  std::uint32_t user;
  std::uint32_t group;
};

class mounted_tree {
 public:
  // `of` and its image must outlive the tree.
  mounted_tree(const snapshot& of, const memory& from, tree_owner owner);

  [[nodiscard]] const snapshot& paths() const noexcept { return *snapshot_; }
  // The node of a number that the kernel holds.
  [[nodiscard]] node find(std::uint64_t number) const noexcept;

  // Returns the entry `name` of a folder. Errors: not_found; wrong_kind if the kernel does not hold `folder`.
  [[nodiscard]] result<node> entry(std::uint64_t folder, std::string_view name) const;
  // The kernel holds one more reference to the entry `name` of `folder`, or `count` fewer to `number`. Only folders are
  // counted: the number of a file says all about it.
  void hold(std::uint64_t folder, std::string_view name, const node& n);
  void release(std::uint64_t number, std::uint64_t count);
  [[nodiscard]] std::size_t held_folders() const { return folders_.size(); }

  // Type, mode, size, owner, times (the commit's) and inode number, all but the device. Errors: the reader's.
  [[nodiscard]] result<struct stat> status(const node& n);

  // The listing of a folder after its first `passed` entries; the first two are "." and "..". `take` gets each entry
  // with its place in the listing and returns whether to go on; the last entry it got is passed again next time if it
  // returned false. Errors: wrong_kind if the kernel does not hold the folder; out_of_memory.
  struct listed {
    std::string_view name;
    node what;
    std::uint64_t place;  // of the next entry
    bool is_dot;          // "." or ".."
  };
  [[nodiscard]] result<done> list(std::uint64_t folder, std::uint64_t passed,
                                  const std::function<bool(const listed&)>& take);

  // Returns the target of a symbolic link. Errors: wrong_kind; malformed if it is empty, has a NUL or is longer than
  // Linux allows; the reader's.
  [[nodiscard]] result<std::string> target(const node& n);

  // Passes the content of a file from byte `at` to `take`, at most `size` bytes, fewer only at its end. Content that is
  // read whole is compared with its id; what is streamed is not (reader/blob_stream.hpp). Errors: wrong_kind; the
  // reader's.
  [[nodiscard]] result<done> read(const node& n, std::uint64_t at, std::size_t size,
                                  const std::function<void(bytes)>& take);

  // The names of extended attributes, each followed by NUL, and their values. Errors: not_found; the device's.
  [[nodiscard]] std::string attribute_names(const node& n) const;
  [[nodiscard]] result<std::string> attribute(const node& n, std::string_view name) const;

  [[nodiscard]] struct statvfs space() const noexcept;

 private:
  [[nodiscard]] result<content_store::handle> hold_content(image_reader& with, const node& n, std::uint64_t size,
                                                           std::uint64_t at);
  void release_caches(image_reader& with) noexcept;
  [[nodiscard]] result<held_content> open_streams(image_reader& with, const node& n, std::uint64_t size);
  [[nodiscard]] result<done> read_pieces(image_reader& with, const node& n, const held_content& from, std::uint64_t at,
                                         mutable_bytes out);
  [[nodiscard]] bool is_root(const node& n) const noexcept { return n.leaf == root_.leaf; }

  const snapshot* snapshot_;
  memory memory_;
  tree_owner owner_;
  node root_;
  known_folders folders_;
  reader_pool readers_;
  content_store contents_;
  content_spill spill_;  // of whole contents and pieces, by the same keys
};

}  // namespace docteur
