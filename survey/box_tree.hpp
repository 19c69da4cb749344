#pragma once
// A survey as boxes in boxes, for a treemap: the area of a box is its bytes in the image. Hosted.

#include "survey/survey_totals.hpp"

namespace docteur {

enum class box_kind : std::uint8_t {
  directory,    // as large as what is in it
  whole,        // a file
  delta,        // a file, `depth` deltas from a whole object
  stored,       // a file that is not deflated
  restartable,  // a file with restart points
  more,         // `files` files of a directory and of directories in it, each too small for a box of its own
  trees,        // all tree objects
  objects,      // the commit, and objects without a path
  index,        // IDX
  section,      // a section, the section table
  frame,        // headers, trailer, padding
};
inline constexpr std::size_t kBoxKinds = 11;
[[nodiscard]] std::string_view name(box_kind k) noexcept;

struct box {
  std::uint32_t parent = kNone;  // index of the box around it, smaller than its own
  box_kind kind = box_kind::directory;
  std::uint32_t depth = 0;
  std::uint32_t files = 0;    // of a box `more`
  std::uint64_t bytes = 0;    // in the image
  std::uint64_t content = 0;  // bytes of content of the objects in it
  std::string name;           // of a file or directory: any bytes; empty for `more`
};

inline constexpr std::size_t kMostBoxes = 20'000;

// The first box is the image. The boxes in a box add up to its bytes. Not many more than `most` in all: a few for what
// is no file come on top.
[[nodiscard]] std::vector<box> draw_boxes(const image_survey& s, const survey_totals& t, std::size_t most = kMostBoxes);

}  // namespace docteur
