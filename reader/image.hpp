#pragma once
// An attached image: the header, the section table, IDX and the restart points. Guest-safe; constant once attached, so
// many threads may share one.
//
//   image::attach(device, memory)   finds the parts of the image
//   snapshot::attach(image)         the paths of one commit in it (reader/snapshot.hpp)
//   image_reader::make(image)       reads the objects behind paths (reader/image_reader.hpp)

#include <cstdint>
#include <optional>

#include "layout/image_header.hpp"
#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "reader/limits.hpp"
#include "reader/node.hpp"
#include "reader/pack_index.hpp"
#include "reader/restart_index.hpp"

namespace docteur {

// Where a snapshot takes its paths from. The path section is only the claim of the image's maker; the trees are proved
// by the commit's id (doc/SECURITY.md).
enum class paths_from { section, trees };

class image {
 public:
  // Reads the header, the section table and IDX: its offsets only, if the paths will come from a path section, else all
  // of it. What `d` refers to must outlive the image; all memory comes from `from`. Errors: those of the parts;
  // bad_version for an unknown required feature; too_large for an exceeded limit.
  [[nodiscard]] static result<image> attach(const device& d, const memory& from, const limits& bounds = {},
                                            paths_from source = paths_from::section) noexcept;

  // The kind of all ids in the image.
  [[nodiscard]] hash_kind kind() const noexcept { return sections_ ? sections_->kind() : hash_kind::sha1; }
  // The id of the image's commit.
  [[nodiscard]] const oid& commit_id() const noexcept {
    return kind() == hash_kind::sha1 ? header_.commit : sections_->commit;
  }

  // The id of the object at a position of IDX. Errors: the device's, if the ids are not in memory.
  [[nodiscard]] result<oid> id(std::uint32_t position) const noexcept { return index_.id(position); }
  // The offset of a node's entry, from the start of the PACK. The node must not be a submodule.
  [[nodiscard]] std::uint64_t offset(const node& n) const noexcept { return index_.offset(n.position); }

  [[nodiscard]] const device& disk() const noexcept { return device_; }
  [[nodiscard]] const limits& bounds() const noexcept { return bounds_; }
  [[nodiscard]] const memory& allocator() const noexcept { return memory_; }
  [[nodiscard]] const image_header& header() const noexcept { return header_; }
  // Absent in images made by OCaml docteur or by hand.
  [[nodiscard]] const std::optional<section_table>& sections() const noexcept { return sections_; }
  [[nodiscard]] const pack_index& index() const noexcept { return index_; }
  [[nodiscard]] const restart_index& restarts() const noexcept { return restarts_; }
  // The path section; nullptr if there is none, or if the paths come from the trees.
  [[nodiscard]] const section* path_section() const noexcept;
  // Bytes that the attached image holds from its allocator.
  [[nodiscard]] std::size_t memory_used() const noexcept { return index_.memory_used(); }

 private:
  [[nodiscard]] result<done> read_sections() noexcept;
  [[nodiscard]] result<done> read_index() noexcept;
  // Checks that the PACK's trailer is the checksum that IDX records.
  [[nodiscard]] result<done> check_pack_trailer() const noexcept;

  device device_;
  memory memory_;
  limits bounds_;
  paths_from source_ = paths_from::section;
  image_header header_{};
  std::optional<section_table> sections_;
  pack_index index_;
  restart_index restarts_;
};

}  // namespace docteur
