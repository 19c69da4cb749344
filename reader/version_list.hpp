#pragma once
// The versions of an image (layout/versions_section.hpp). Guest-safe; constant once loaded.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "layout/section_table.hpp"
#include "layout/versions_section.hpp"
#include "object/memory.hpp"
#include "reader/image.hpp"

namespace docteur {

// One commit of an image by its name. Views of the list's memory.
struct version {
  std::string_view name;
  std::string_view reference;  // the full name of the reference that it was asked for by; may be empty
  oid commit;
  bytes tags;            // ids of the annotated tags that lead to the commit, each id_size(commit.kind()) bytes
  std::uint32_t number;  // in the list; 0 is the image's commit
  std::uint32_t base;    // the version whose paths `changes` changes
  section changes;       // its list of changes in the image; length 0 if it has the base's paths
};

class version_list {
 public:
  version_list() = default;
  // Reads the records of the image's versions section; an empty list if it has none. Memory comes from the image's
  // allocator. Errors: malformed, truncated, bad_checksum, out_of_range, too_large, out_of_memory, the device's.
  [[nodiscard]] static result<version_list> load(const image& from) noexcept;

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(records_.size()); }
  [[nodiscard]] bool empty() const noexcept { return records_.empty(); }
  // `number` < size().
  [[nodiscard]] version operator[](std::uint32_t number) const noexcept;
  [[nodiscard]] std::optional<version> find_name(std::string_view name) const noexcept;
  // The version of this name; the first whose reference is `name`, if there is none.
  [[nodiscard]] std::optional<version> find(std::string_view name) const noexcept;
  // Fills `out`, of kMostVersionBases elements, with the lists of changes that lead from the path section to `v`, in
  // their order, and returns their number. Errors: too_large for more.
  [[nodiscard]] result<std::size_t> lists(const version& v, std::span<section> out) const noexcept;
  [[nodiscard]] std::size_t memory_used() const noexcept { return raw_.capacity() + records_.capacity() * 4; }

 private:
  section where_{};
  hash_kind kind_ = hash_kind::sha1;
  owned_array<std::byte> raw_;          // all records
  owned_array<std::uint32_t> records_;  // where each begins in raw_
};

}  // namespace docteur
