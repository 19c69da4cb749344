#pragma once
// The objects of one commit, wherever they come from, and what to report about them. Hosted.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pack/object_source.hpp"

namespace docteur {

// Bounds for a repository or a folder, none above the reader's limits.
inline constexpr unsigned kMaxTreeDepth = 1024;       // folders inside each other
inline constexpr std::size_t kMaxSourcePath = 8192;   // bytes of a path from the root
inline constexpr std::uint64_t kMaxPaths = 1u << 24;  // folders and files; a few repeated trees make many paths

// What docteur-make reports on stderr. Paths are raw bytes from the root, without a leading '/'.
struct source_notes {
  std::vector<std::string> left_out;    // nested ".git" of a folder, and the image itself if it is in the folder
  std::vector<std::string> submodules;  // entries that stay without content
  std::vector<std::string> remarks;     // whole sentences, printable
  std::uint64_t lfs_pointers = 0;       // distinct blobs that are Git LFS pointers
  std::uint64_t fetched_bytes = 0;      // of the PACKs fetched over the network; 0: nothing was fetched
};

// Where the commit's repository is.
struct repository_place {
  std::string folder;         // `.git`, or the bare repository itself
  std::string common_folder;  // the same, but that of the main worktree for a linked one
  std::string worktree;       // empty for a bare repository
};

class commit_source : public object_source {
 public:
  // Complete only after every blob was read: LFS pointers are counted on the way.
  [[nodiscard]] virtual source_notes notes() const = 0;
  // nullopt for a plain folder.
  [[nodiscard]] virtual std::optional<repository_place> repository() const { return std::nullopt; }
  // The full name of the reference that the commit was asked for by, or "HEAD"; empty if by its id. The same wherever
  // the repository is.
  [[nodiscard]] const std::string& reference() const { return reference_; }
  void set_reference(std::string full_name) { reference_ = std::move(full_name); }
  // Adds to source_notes::remarks.
  void remark(std::string sentence) { remarks_.push_back(std::move(sentence)); }

 protected:
  std::vector<std::string> remarks_;

 private:
  std::string reference_;
};

// A Git LFS pointer file (git-lfs, docs/spec.md): it begins with a version line and is shorter than 1024 bytes.
inline constexpr std::size_t kLfsPointerBound = 1024;  // bytes
[[nodiscard]] inline bool is_lfs_pointer(bytes content) noexcept {
  return content.size() < kLfsPointerBound &&
         as_text(content).starts_with("version https://git-lfs.github.com/spec/v1");
}

}  // namespace docteur
