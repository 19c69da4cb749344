#pragma once
// The tree of an image, or a folder of it, as files. Hosted, all cores.

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "object/failure.hpp"
#include "object/progress.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

struct tree_files_options {
  std::string_view path;             // folder in the image whose content is written; empty: all
  std::optional<timespec> modified;  // of files, links and folders; nullopt: the time of writing
  unsigned threads = 0;              // 0: all cores
};

struct tree_files_count {
  std::uint64_t files = 0;  // links too
  std::uint64_t folders = 0;
  std::uint64_t submodules = 0;     // empty folders, as git leaves them
  std::uint64_t content_bytes = 0;  // of files and links
};

// Writes below the folder `root`: files with the tree's executable bit (minus the umask), symbolic links as they are,
// whatever they point to. Links are made last, and nothing is ever written through one. Content is compared with its
// id; names are as `from` was attached (paths_from::trees: those that the commit's id proves). `subject` and `target`:
// image and folder, printable, for messages.
[[nodiscard]] outcome<tree_files_count> write_tree_files(const snapshot& from, int root,
                                                         const tree_files_options& options, const std::string& subject,
                                                         const std::string& target, progress& report);

}  // namespace docteur
