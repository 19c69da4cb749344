#include "survey/box_tree.hpp"

#include <algorithm>
#include <functional>

namespace docteur {
namespace {

// Returns the bytes that a path needs for a box of its own. At most `most` / 2 paths have as many, and each of them may
// contain one box `more`.
std::uint64_t bound_of(const survey_totals& t, std::size_t most) {
  std::vector<std::uint64_t> bytes;
  for (std::size_t i = 1; i < t.below.size(); ++i) bytes.push_back(t.below[i].packed);
  const std::size_t kept = most / 2;
  if (bytes.size() <= kept) return 1;
  const auto first_left_out = bytes.begin() + static_cast<std::ptrdiff_t>(kept);
  std::ranges::nth_element(bytes, first_left_out, std::greater{});
  return *first_left_out + 1;
}

box_kind kind_of(const surveyed_object& o) {
  switch (o.form) {
    case entry_form::delta: return box_kind::delta;
    case entry_form::stored: return box_kind::stored;
    case entry_form::restartable: return box_kind::restartable;
    case entry_form::deflated: break;
  }
  return box_kind::whole;
}

box_kind kind_of(part_kind k) {
  switch (k) {
    case part_kind::index: return box_kind::index;
    case part_kind::section: return box_kind::section;
    case part_kind::frame: break;
  }
  return box_kind::frame;
}

box box_of_path(const image_survey& s, const survey_totals& t, std::uint32_t i) {
  const surveyed_path& p = s.paths[i];
  box b;
  b.bytes = t.below[i].packed;
  b.content = t.below[i].content;
  b.name = p.name;
  if (p.kind != entry_kind::directory) {
    b.kind = kind_of(s.objects[p.object]);
    b.depth = s.objects[p.object].depth;
  }
  return b;
}

// Adds a box for each large path, and in each the sum of the small files in and below it that are in no other box.
void add_files(std::vector<box>& boxes, const image_survey& s, const survey_totals& t, std::size_t most) {
  const std::uint64_t bound = bound_of(t, most);
  // By path: its box, or that of the nearest directory above that has one.
  std::vector<std::uint32_t> box_of(s.paths.size(), 0);
  for (std::uint32_t i = 1; i < s.paths.size(); ++i) {
    box_of[i] = box_of[s.paths[i].parent];
    if (t.below[i].packed < bound) continue;
    box b = box_of_path(s, t, i);
    b.parent = box_of[i];
    box_of[i] = static_cast<std::uint32_t>(boxes.size());
    boxes.push_back(std::move(b));
  }
  std::vector<box> more(boxes.size());
  for (std::uint32_t i = 1; i < s.paths.size(); ++i) {
    if (s.paths[i].kind == entry_kind::directory || t.below[i].packed >= bound) continue;
    box& b = more[box_of[i]];
    ++b.files;
    b.bytes += t.below[i].packed;
    b.content += t.below[i].content;
  }
  for (std::uint32_t i = 0; i < more.size(); ++i) {
    if (more[i].bytes == 0) continue;  // only further paths of objects that are counted elsewhere
    more[i].kind = box_kind::more;
    more[i].parent = i;
    boxes.push_back(std::move(more[i]));
  }
}

// Adds boxes for everything that is no file.
void add_others(std::vector<box>& boxes, const image_survey& s) {
  const auto add = [&](box_kind kind, std::string name, const object_sum& sum) {
    if (sum.packed > 0) boxes.push_back({0, kind, 0, 0, sum.packed, sum.content, std::move(name)});
  };
  object_sum trees;
  object_sum commits;
  object_sum others;
  for (const surveyed_object& o : s.objects) {
    const object_sum one{1, o.packed, o.content};
    if (o.type == object_type::tree) {
      trees += one;
    } else if (o.type == object_type::commit) {
      commits += one;
    } else if (!is_file(s, o)) {
      others += one;
    }
  }
  add(box_kind::trees, "trees", trees);
  add(box_kind::objects, "commit", commits);
  add(box_kind::objects, "objects without a path", others);
  for (const image_part& p : s.parts) add(kind_of(p.kind), p.name, {0, p.bytes, 0});
}

}  // namespace

std::string_view name(box_kind k) noexcept {
  switch (k) {
    case box_kind::directory: return "directory";
    case box_kind::whole: return "whole";
    case box_kind::delta: return "delta";
    case box_kind::stored: return "stored";
    case box_kind::restartable: return "restartable";
    case box_kind::more: return "more";
    case box_kind::trees: return "trees";
    case box_kind::objects: return "objects";
    case box_kind::index: return "index";
    case box_kind::section: return "section";
    case box_kind::frame: return "frame";
  }
  return "";
}

std::vector<box> draw_boxes(const image_survey& s, const survey_totals& t, std::size_t most) {
  std::vector<box> boxes(1);
  boxes[0].bytes = s.size;
  boxes[0].content = t.all.content;
  add_files(boxes, s, t, most);
  add_others(boxes, s);
  return boxes;
}

}  // namespace docteur
