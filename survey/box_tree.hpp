#pragma once
// Turns a survey into nested boxes for a treemap: the area of a box is its bytes in the image. Hosted.

#include "survey/survey_totals.hpp"

namespace docteur {

enum class box_kind : std::uint8_t {
  directory,    // its size is the sum of what is in it
  whole,        // a file
  delta,        // a file, `depth` deltas from a whole object
  stored,       // a file that is not deflated
  restartable,  // a file with restart points
  more,         // `files` files in or below a directory that are too small for boxes of their own
  trees,        // all tree objects
  objects,      // the commit, and objects without a path
  index,        // IDX
  section,      // a section, the section table
  frame,        // headers, trailer, padding
};
inline constexpr std::size_t kBoxKinds = 11;
// The enumerator's name.
[[nodiscard]] std::string_view name(box_kind k) noexcept;

struct box {
  std::uint32_t parent = kNone;  // index of the box around it, which is below its own; kNone for the first
  box_kind kind = box_kind::directory;
  std::uint32_t depth = 0;    // of a delta: surveyed_object::depth
  std::uint32_t files = 0;    // only of a box `more`
  std::uint64_t bytes = 0;    // in the image
  std::uint64_t content = 0;  // bytes of content of the objects in it
  std::string name;           // of a file or directory: any bytes; empty for `more`
};

inline constexpr std::size_t kMostBoxes = 20'000;

// Returns the boxes; the first is the image. The boxes directly in a box add up to its bytes. There are about `most` at
// most: the few boxes that are not files or directories are not counted. `t`: add_up(s).
[[nodiscard]] std::vector<box> draw_boxes(const image_survey& s, const survey_totals& t, std::size_t most = kMostBoxes);

}  // namespace docteur
