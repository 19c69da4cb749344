#pragma once
// Everything below a folder, listed once and not yet read. Hosted, POSIX.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/beneath.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"
#include "object/progress.hpp"
#include "object/tree.hpp"

namespace docteur {

struct folder_node {
  std::uint32_t parent;       // index of its folder; the root is its own
  std::uint32_t first_child;  // children are together, in Git's tree order
  std::uint32_t children;
  entry_kind kind;
  std::uint64_t name_at;  // in folder_scan::names
  std::uint32_t name_size;
  file_stamp stamp;
  oid id;  // not filled in by scan_folder()
};

struct folder_scan {
  std::vector<folder_node> nodes;  // [0] the root; a folder comes before its content
  std::string names;
  std::vector<std::string> left_out;  // entries named ".git", and excluded files that are noted

  [[nodiscard]] std::string_view name(const folder_node& node) const noexcept {
    return std::string_view(names).substr(static_cast<std::size_t>(node.name_at), node.name_size);
  }
  [[nodiscard]] std::string path(std::uint32_t index) const;  // from the root, without a leading '/'
};

// A file that does not count as content of its folder.
struct excluded_file {
  file_identity which;
  bool is_noted = true;  // in folder_scan::left_out
};

// Lists the folder open as `root`, never following a symbolic link. `shown`: its name in messages. `excluded`: files to
// leave out. Special files, names that path_rules refuses and folders nested too deeply are blame::input and named;
// what cannot be opened is blame::environment.
[[nodiscard]] outcome<folder_scan> scan_folder(int root, std::string_view shown,
                                               std::span<const excluded_file> excluded, progress& report);

}  // namespace docteur
