#pragma once
// The sums of a survey: by group, by depth, by directory, and what deltas and reads cost. Hosted.

#include <array>
#include <string_view>

#include "survey/image_survey.hpp"

namespace docteur {

// The kinds of entries that a survey counts separately.
enum class object_group : std::uint8_t {
  commits,
  trees,
  tree_deltas,
  blobs,
  blob_deltas,
  stored_blobs,
  restartable_blobs,
  others,
};
inline constexpr std::size_t kObjectGroups = 8;
[[nodiscard]] std::string_view name(object_group g) noexcept;
[[nodiscard]] object_group group_of(const surveyed_object& o) noexcept;

struct object_sum {
  std::uint64_t objects = 0;
  std::uint64_t packed = 0;   // bytes in the PACK
  std::uint64_t content = 0;  // bytes

  object_sum& operator+=(const object_sum& o) noexcept;
};

struct survey_totals {
  std::array<object_sum, kObjectGroups> groups{};  // by object_group
  std::vector<object_sum> depths;                  // by surveyed_object::depth
  std::vector<object_sum> below;  // by path: the files at and below it, each object at its first path only
  object_sum all;
  object_sum deltas;
  // Bytes, an estimate: what the deltas' content would take if it were deflated as well as the whole objects of the
  // same type and file extension (where there is none: of the same type, else of all types).
  double deltas_if_whole = 0;
  // Bytes of content made for each byte read when every file is read once and no base is cached; 0 without content.
  double inflated_per_byte = 0;
};

[[nodiscard]] survey_totals add_up(const image_survey& s);

// Paths of the files, or directories but the root, with the most bytes in the PACK, most first, at most `count`; those
// without any are left out. A directory all of whose bytes are in one directory below it leaves its place to that one.
[[nodiscard]] std::vector<std::uint32_t> largest_files(const image_survey& s, const survey_totals& t,
                                                       std::size_t count);
[[nodiscard]] std::vector<std::uint32_t> largest_directories(const image_survey& s, const survey_totals& t,
                                                             std::size_t count);

}  // namespace docteur
