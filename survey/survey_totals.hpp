#pragma once
// Adds up a survey: by group, by depth and by directory, and what deltas save and reads cost. Hosted.

#include <array>
#include <string_view>

#include "survey/image_survey.hpp"

namespace docteur {

// The groups of entries that are counted separately.
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
// The name of a group in what is printed, such as "blobs, deltas".
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
  std::vector<object_sum> below;  // by path: the files at and below it; each object only at its first path
  object_sum all;
  object_sum deltas;
  // Bytes, estimated: the size of all deltas if they were stored whole and deflated as well as the whole objects of the
  // same type and file extension do, or, if there are none, those of the same type, or else all.
  double deltas_if_whole = 0;
  // Bytes inflated for each byte read if every file is read once and no base is cached; 0 if there is no content.
  double inflated_per_byte = 0;
};

[[nodiscard]] survey_totals add_up(const image_survey& s);

// Return the paths (indices) of at most `count` files, or directories other than the root, with the most bytes in the
// PACK, largest first. Those without any bytes are left out, and so is a directory whose bytes are all in one of its
// own directories, which is listed instead. `t`: add_up(s).
[[nodiscard]] std::vector<std::uint32_t> largest_files(const image_survey& s, const survey_totals& t,
                                                       std::size_t count);
[[nodiscard]] std::vector<std::uint32_t> largest_directories(const image_survey& s, const survey_totals& t,
                                                             std::size_t count);

}  // namespace docteur
