#include "survey/survey_totals.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace docteur {
namespace {

std::string_view extension_of(const image_survey& s, const surveyed_object& o) {
  if (o.path == kNone || o.type != object_type::blob) return {};
  const std::string_view name = s.paths[o.path].name;
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view{} : name.substr(dot);
}

double ratio(const object_sum& s) { return static_cast<double>(s.packed) / static_cast<double>(s.content); }

// How well whole objects deflate, by type and file extension, by type, and all together.
class whole_ratios {
 public:
  explicit whole_ratios(const image_survey& s) : of_(s) {
    for (const surveyed_object& o : s.objects) {
      if (o.form == entry_form::delta) continue;
      const object_sum one{1, o.packed, o.content};
      kinds_[{o.type, extension_of(s, o)}] += one;
      types_[o.type] += one;
      all_ += one;
    }
  }
  [[nodiscard]] double estimate(const surveyed_object& o) const {
    const auto size = static_cast<double>(o.content);
    if (const auto k = kinds_.find({o.type, extension_of(of_, o)}); k != kinds_.end() && k->second.content > 0)
      return size * ratio(k->second);
    if (const auto t = types_.find(o.type); t != types_.end() && t->second.content > 0) return size * ratio(t->second);
    return all_.content > 0 ? size * ratio(all_) : size;
  }

 private:
  const image_survey& of_;
  std::map<std::pair<object_type, std::string_view>, object_sum> kinds_;
  std::map<object_type, object_sum> types_;
  object_sum all_;
};

std::vector<std::uint32_t> largest(const survey_totals& t, std::vector<std::uint32_t> among, std::size_t count) {
  std::erase_if(among, [&](std::uint32_t i) { return t.below[i].packed == 0; });
  const auto end = among.begin() + static_cast<std::ptrdiff_t>(std::min(count, among.size()));
  // Equal sizes: in the order of paths.
  std::partial_sort(among.begin(), end, among.end(), [&](std::uint32_t a, std::uint32_t b) {
    return t.below[a].packed != t.below[b].packed ? t.below[a].packed > t.below[b].packed : a < b;
  });
  among.erase(end, among.end());
  return among;
}

}  // namespace

std::string_view name(object_group g) noexcept {
  switch (g) {
    case object_group::commits: return "commit";
    case object_group::trees: return "trees, whole";
    case object_group::tree_deltas: return "trees, deltas";
    case object_group::blobs: return "blobs, whole";
    case object_group::blob_deltas: return "blobs, deltas";
    case object_group::stored_blobs: return "blobs, stored";
    case object_group::restartable_blobs: return "blobs with restart points";
    case object_group::others: return "other objects";
  }
  return "";
}

object_group group_of(const surveyed_object& o) noexcept {
  const bool is_delta = o.form == entry_form::delta;
  switch (o.type) {
    case object_type::commit: return object_group::commits;
    case object_type::tree: return is_delta ? object_group::tree_deltas : object_group::trees;
    case object_type::blob: break;
    default: return object_group::others;
  }
  switch (o.form) {
    case entry_form::delta: return object_group::blob_deltas;
    case entry_form::stored: return object_group::stored_blobs;
    case entry_form::restartable: return object_group::restartable_blobs;
    case entry_form::deflated: break;
  }
  return object_group::blobs;
}

object_sum& object_sum::operator+=(const object_sum& o) noexcept {
  objects += o.objects;
  packed += o.packed;
  content += o.content;
  return *this;
}

survey_totals add_up(const image_survey& s) {
  survey_totals t;
  t.below.resize(s.paths.size());
  const whole_ratios whole(s);
  double read = 0;
  double inflated = 0;
  for (const surveyed_object& o : s.objects) {
    const object_sum one{1, o.packed, o.content};
    t.all += one;
    t.groups[static_cast<std::size_t>(group_of(o))] += one;
    if (t.depths.size() <= o.depth) t.depths.resize(o.depth + std::size_t{1});
    t.depths[o.depth] += one;
    if (o.form == entry_form::delta) {
      t.deltas += one;
      t.deltas_if_whole += whole.estimate(o);
    }
    if (!is_file(s, o)) continue;
    t.below[o.path] += one;
    read += static_cast<double>(o.content);
    inflated += static_cast<double>(o.inflated);
  }
  if (read > 0) t.inflated_per_byte = inflated / read;
  // A directory comes before its content, so backwards each sum is complete before it is added to its directory.
  for (std::size_t i = s.paths.size(); i-- > 1;) t.below[s.paths[i].parent] += t.below[i];
  return t;
}

std::vector<std::uint32_t> largest_files(const image_survey& s, const survey_totals& t, std::size_t count) {
  std::vector<std::uint32_t> files;
  for (std::uint32_t i = 1; i < s.paths.size(); ++i)
    if (s.paths[i].kind != entry_kind::directory) files.push_back(i);
  return largest(t, std::move(files), count);
}

std::vector<std::uint32_t> largest_directories(const image_survey& s, const survey_totals& t, std::size_t count) {
  std::vector<bool> wraps_one(s.paths.size());
  std::vector<std::uint32_t> directories;
  for (std::uint32_t i = 1; i < s.paths.size(); ++i)
    if (s.paths[i].kind == entry_kind::directory && t.below[i].packed == t.below[s.paths[i].parent].packed)
      wraps_one[s.paths[i].parent] = true;
  for (std::uint32_t i = 1; i < s.paths.size(); ++i)
    if (s.paths[i].kind == entry_kind::directory && !wraps_one[i]) directories.push_back(i);
  return largest(t, std::move(directories), count);
}

}  // namespace docteur
