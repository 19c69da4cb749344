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
  // `objects`: of the IDX.
  explicit path_section_writer(std::uint32_t objects);

  // In Git's order, depth first, the root (an empty path) first. `position`: of its object in IDX.
  void add(std::string_view path, entry_kind kind, std::uint32_t position);
  void add_submodule(std::string_view path, const oid& commit);

  // The section's bytes. The writer is spent.
  [[nodiscard]] std::vector<std::byte> finish();

 private:
  void put_number(std::uint32_t v);
  void close_block();

  std::uint32_t position_size_;
  std::uint32_t paths_ = 0;
  std::vector<oid> submodules_;
  std::vector<std::byte> blocks_;  // the closed ones
  std::string last_key_;
  // The open block.
  std::uint32_t block_paths_ = 0;
  std::string records_;
  std::string text_;
  std::vector<std::byte> positions_;
  compressor deflate_;
};

}  // namespace docteur
