#pragma once
// Writes the path section (layout/path_section.hpp). Hosted.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layout/path_section.hpp"
#include "object/oid.hpp"
#include "object/tree.hpp"
#include "pack/compressor.hpp"

namespace docteur {

class path_section_writer {
 public:
  // `objects`: their number in IDX. Throws std::bad_alloc.
  explicit path_section_writer(std::uint32_t objects);

  // Adds a path, '/'-separated without a leading '/'. Paths come depth-first in Git's order of entries, the root (an
  // empty path) first. `position`: of the path's object in IDX.
  void add(std::string_view path, entry_kind kind, std::uint32_t position);
  // The same for a submodule, whose commit is in the section, not in IDX.
  void add_submodule(std::string_view path, const oid& commit);
  // For a list of changes (layout/versions_section.hpp): the path of this key is not there any more.
  void add_removed(std::string_view key);
  [[nodiscard]] bool is_empty() const noexcept { return paths_ == 0; }

  // Returns the section's content. The writer cannot be used again.
  [[nodiscard]] std::vector<std::byte> finish();

 private:
  void put(std::string key, std::uint32_t kind, std::uint32_t position);
  void close_block();

  std::uint32_t position_size_;
  std::uint32_t paths_ = 0;
  std::vector<oid> submodules_;
  std::vector<std::byte> blocks_;  // closed blocks, as they are written
  std::string last_key_;           // the path before, with '/' if it is a directory
  // The open block: layout/path_section.hpp.
  std::uint32_t block_paths_ = 0;
  std::string records_;
  std::string text_;
  std::vector<std::byte> positions_;
  compressor deflate_;
};

}  // namespace docteur
