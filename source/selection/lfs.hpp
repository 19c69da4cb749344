#pragma once
// The content that Git LFS pointers stand for (git-lfs, docs/spec.md), by the program `git lfs`. Hosted.

#include <memory>
#include <optional>
#include <string>

#include "object/progress.hpp"
#include "pack/spool.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {

struct lfs_pointer {
  std::string sha256;  // of the content, 64 lower-case hexadecimal digits
  std::uint64_t size;  // bytes
};
// nullopt for anything but a pointer of version 1.
[[nodiscard]] std::optional<lfs_pointer> parse_lfs_pointer(bytes content);

class lfs_content {
 public:
  // blame::environment if there is no `git lfs`.
  [[nodiscard]] static outcome<lfs_content> create(const progress& report);

  struct blob {
    oid id;
    std::uint64_t at;  // in file()
    std::uint64_t size;
  };
  // Adds the content that the pointer stands for, compared with its SHA-256 and size, to file(). `git lfs smudge` finds
  // it in the repository's own store, or fetches it as the repository's and the user's configuration say. `path`: of
  // the pointer.
  [[nodiscard]] outcome<blob> fetch(bytes pointer, const repository_place& from, std::string_view path, hash_kind kind);

  [[nodiscard]] const std::shared_ptr<spool>& file() const { return file_; }

 private:
  lfs_content(std::unique_ptr<spool> file, const progress& report) : file_(std::move(file)), report_(&report) {}

  std::shared_ptr<spool> file_;
  const progress* report_;
};

}  // namespace docteur
