#pragma once
// Measures where the bytes of an image went: every entry of its PACK, every path, and the parts around them. Works on
// any attached image, also one made by another program. Hosted.
//
//   survey_image(image) -> image_survey -> add_up() (survey/survey_totals.hpp), draw_boxes() (survey/box_tree.hpp),
//   survey_versions() (survey/version_survey.hpp)

#include <cstdint>
#include <string>
#include <vector>

#include "object/oid.hpp"
#include "object/tree.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

// How the content of an entry is stored in the PACK.
enum class entry_form : std::uint8_t {
  deflated,     // whole, in one zlib stream
  stored,       // whole, in a zlib stream that begins with a stored block: it did not deflate
  restartable,  // whole and deflated, with restart points
  delta,
};

struct surveyed_object {
  std::uint64_t offset = 0;    // of its entry, bytes from the start of the PACK
  std::uint64_t packed = 0;    // bytes in the PACK, up to the next entry
  std::uint64_t content = 0;   // bytes
  std::uint64_t inflated = 0;  // bytes that a read without a cache inflates: its content and that of all its bases
  std::uint32_t base = kNone;  // index of its base in image_survey::objects, if it is a delta
  std::uint32_t depth = 0;     // deltas from here to a whole object; 0: it is whole
  std::uint32_t path = kNone;  // index of its first path in image_survey::paths; kNone: it has none
  object_type type = object_type::blob;
  entry_form form = entry_form::deflated;
};

struct surveyed_path {
  std::string name;              // the last part of the path; empty for the root
  std::uint32_t parent = kNone;  // index of its directory, which is below its own; kNone for the root
  std::uint32_t object = kNone;  // index in image_survey::objects; kNone for a submodule
  entry_kind kind = entry_kind::file;
};

// A part of the image that is no entry, or all parts of one name together. `frame`: headers, trailer, padding.
enum class part_kind : std::uint8_t { frame, section, index };
struct image_part {
  part_kind kind = part_kind::frame;
  std::string name;
  std::uint64_t bytes = 0;
};

struct image_survey {
  oid commit;
  std::uint64_t size = 0;                // bytes of the image, to the end of its last block; a device may be larger
  std::vector<surveyed_object> objects;  // in the order of the PACK
  std::vector<surveyed_path> paths;      // in the order of the path tree; the first is the root
  std::vector<image_part> parts;         // all but the PACK's entries; together with those, `size` bytes
};

// Surveys the image of a snapshot. Reads the header of every entry, and of each delta as much as its sizes need; builds
// no content. Errors: the device's; malformed, truncated and out_of_range for damaged entries and chains; too_large for
// what exceeds the image's bounds(); out_of_memory.
[[nodiscard]] result<image_survey> survey_image(const snapshot& from);

// Returns whether the object is the content of a file or symbolic link at its path.
[[nodiscard]] inline bool is_file(const image_survey& s, const surveyed_object& o) noexcept {
  return o.type == object_type::blob && o.path != kNone && s.paths[o.path].kind != entry_kind::directory;
}

// Returns the whole path, such as "a/b/c", without a leading '/'; empty for the root. `path`: index in s.paths.
[[nodiscard]] std::string path_of(const image_survey& s, std::uint32_t path);

}  // namespace docteur
