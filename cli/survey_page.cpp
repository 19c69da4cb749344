#include "cli/survey_page.hpp"

#include <array>
#include <cstdio>

#include "base/oid_text.hpp"
#include "cli/common.hpp"
#include "cli/json.hpp"
#include "cli/survey_text.hpp"
#include "survey/box_tree.hpp"

namespace docteur::cli {
namespace {

constexpr std::string_view kPage =
#include "survey_page.inc"
    ;
constexpr std::string_view kDataMark = "@SURVEY@";  // in the page, where the JSON goes
constexpr std::size_t kMostName = 255;              // bytes shown of a name; the limit of file systems, not of Git

std::string number(double n) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.3f", n);
  return text.data();
}

// JSON values between commas.
class json_list {
 public:
  json_list& add(std::string_view value) {
    if (!items_.empty()) items_ += ",";
    items_ += value;
    return *this;
  }
  json_list& add(std::uint64_t n) { return add(std::to_string(n)); }
  [[nodiscard]] std::string text() const { return "[" + items_ + "]"; }

 private:
  std::string items_;
};

std::string sum_json(std::string_view name, const object_sum& s) {
  return json_list().add(json_string(name)).add(s.objects).add(s.packed).add(s.content).text();
}

std::string paths_json(const std::vector<std::uint32_t>& which, const image_survey& s, const survey_totals& t) {
  json_list list;
  for (const std::uint32_t i : which) list.add("\n" + sum_json(path_of(s, i), t.below[i]));
  return list.text();
}

std::string boxes_json(const std::vector<box>& boxes) {
  json_list list;
  for (const box& b : boxes) {
    list.add("\n" + json_list()
                        .add(b.parent == kNone ? "-1" : std::to_string(b.parent))
                        .add(static_cast<std::uint64_t>(b.kind))
                        .add(b.kind == box_kind::more ? b.files : b.depth)
                        .add(b.bytes)
                        .add(b.content)
                        .add(json_string(std::string_view(b.name).substr(0, kMostName)))
                        .text());
  }
  return list.text();
}

std::string versions_json(const version_survey& all) {
  json_list list;
  for (const surveyed_version& v : all.versions)
    list.add("\n" + json_list()
                        .add(json_string(names_text(v)))
                        .add(v.only.objects)
                        .add(v.only.packed)
                        .add(v.only.content)
                        .add(v.shared.packed)
                        .add(v.paths)
                        .text());
  return list.text();
}

std::string survey_json(const std::string& image, const image_survey& s, const survey_totals& t,
                        const version_survey& v) {
  json_list groups;
  for (std::size_t g = 0; g < kObjectGroups; ++g)
    if (t.groups[g].objects > 0) groups.add(sum_json(name(object_group{static_cast<std::uint8_t>(g)}), t.groups[g]));
  json_list parts;
  for (const image_part& p : s.parts) parts.add(json_list().add(json_string(p.name)).add(p.bytes).text());
  json_list depths;
  for (std::size_t d = 0; d < t.depths.size(); ++d) depths.add(sum_json(std::to_string(d), t.depths[d]));
  json_list kinds;
  for (std::size_t k = 0; k < kBoxKinds; ++k) kinds.add(json_string(name(box_kind{static_cast<std::uint8_t>(k)})));
  return json_object()
      .add("image", image)
      .add("commit", hex_text(s.commit))
      .add("size", s.size)
      .add_raw("groups", groups.text())
      .add_raw("parts", parts.text())
      .add_raw("depths", depths.text())
      .add_raw("versions", versions_json(v))
      .add_raw("in_several", sum_json("in several", v.several))
      .add_raw("in_none", sum_json("in none", v.none))
      .add_raw("directories", paths_json(largest_directories(s, t, kShownPaths), s, t))
      .add_raw("files", paths_json(largest_files(s, t, kShownPaths), s, t))
      .add_raw("deltas", sum_json("", t.deltas))
      .add_raw("deltas_if_whole", number(t.deltas_if_whole))
      .add_raw("inflated_per_byte", number(t.inflated_per_byte))
      .add_raw("kinds", kinds.text())
      .add_raw("boxes", boxes_json(draw_boxes(s, t)))
      .text();
}

// JSON that may stand in a script element: `<` appears in strings only, and "</script>" and "<!--" begin with it
// (HTML, 4.12.1.3 "Restrictions for contents of script elements").
std::string without_markup(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) c == '<' ? out += "\\u003c" : out += c;
  return out;
}

}  // namespace

std::string survey_page(const std::string& image, const image_survey& s, const survey_totals& t,
                        const version_survey& v) {
  const std::size_t at = kPage.find(kDataMark);
  std::string page(kPage.substr(0, at));
  page += without_markup(survey_json(image, s, t, v));
  return page.append(kPage.substr(at + kDataMark.size()));
}

}  // namespace docteur::cli
