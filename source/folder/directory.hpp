#pragma once
// A plain folder as one commit without parents. Hosted, POSIX.
//
// Every file is taken, hidden ones too. The executable bit is the owner's, as for git; symbolic links stay links; an
// empty folder becomes an empty tree; an entry named ".git" is left out and noted. Nothing is copied: contents are
// hashed once and read again when the PACK is written. A file that changes in between is a failure that names it.

#include <memory>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "source/folder/commit_options.hpp"
#include "source/folder/folder_scan.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {

struct directory_options {
  commit_options commit;
  std::vector<excluded_file> excluded;  // the image being written or replaced, if it is in the folder
  unsigned threads = 0;                 // 0: all cores
  hash_kind kind = hash_kind::sha1;     // of all ids
};

// The same content, author and date give the same objects, whatever order the file system lists entries in.
// Without options.commit.date the commit's date is the newest modification time of its files and links (UTC).
[[nodiscard]] outcome<std::unique_ptr<commit_source>> open_directory(const std::string& path,
                                                                     const directory_options& options,
                                                                     progress& report);

}  // namespace docteur
