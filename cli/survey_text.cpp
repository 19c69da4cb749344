#include "cli/survey_text.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"

namespace docteur::cli {
namespace {

double percent(std::uint64_t part, std::uint64_t of) {
  return of == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(of);
}

// Formats as printf(3) does. Must not contain text from an image, which could be long.
[[gnu::format(printf, 1, 2)]] std::string line(const char* format, ...) {
  std::array<char, 256> text;
  std::va_list values;
  va_start(values, format);
  std::vsnprintf(text.data(), text.size(), format, values);
  va_end(values);
  return text.data();
}

using count = unsigned long long;

std::string sum_line(const std::string& name, const object_sum& sum, std::uint64_t size) {
  return line("%-26s %10llu %14llu %5.1f%% %15llu %6.1f%%\n", name.c_str(), count{sum.objects}, count{sum.packed},
              percent(sum.packed, size), count{sum.content}, percent(sum.packed, sum.content));
}

std::string part_line(const std::string& name, std::uint64_t bytes, std::uint64_t size) {
  return line("%-26s %10s %14llu %5.1f%%\n", name.c_str(), "", count{bytes}, percent(bytes, size));
}

std::string sum_head(const char* what) {
  return line("%-26s %10s %14s %6s %15s %7s\n", what, "objects", "bytes", "share", "content", "ratio");
}

std::string kinds(const image_survey& s, const survey_totals& t) {
  std::string text = sum_head("kind");
  for (std::size_t g = 0; g < kObjectGroups; ++g)
    if (t.groups[g].objects > 0)
      text += sum_line(std::string(name(object_group{static_cast<std::uint8_t>(g)})), t.groups[g], s.size);
  for (const image_part& p : s.parts) text += part_line(p.name, p.bytes, s.size);
  return text + sum_line("image", {t.all.objects, s.size, t.all.content}, s.size);
}

std::string depths(const image_survey& s, const survey_totals& t) {
  std::string text = sum_head("deltas to a whole object");
  for (std::size_t d = 0; d < t.depths.size(); ++d) text += sum_line(std::to_string(d), t.depths[d], s.size);
  return text;
}

std::string paths(const char* what, const std::vector<std::uint32_t>& which, const image_survey& s,
                  const survey_totals& t) {
  std::string text = line("%14s %6s %15s %7s %10s  ", "bytes", "share", "content", "ratio", "files") + what + "\n";
  for (const std::uint32_t i : which) {
    const object_sum& sum = t.below[i];
    text += line("%14llu %5.1f%% %15llu %6.1f%% %10llu  ", count{sum.packed}, percent(sum.packed, s.size),
                 count{sum.content}, percent(sum.packed, sum.content), count{sum.objects});
    text += printable(path_of(s, i)) + (s.paths[i].kind == entry_kind::directory ? "/\n" : "\n");
  }
  return text;
}

std::string version_line(const object_sum& only, const std::string& shared, const std::string& paths,
                         std::uint64_t size) {
  return line("%10llu %14llu %5.1f%% %15llu %14s %10s  ", count{only.objects}, count{only.packed},
              percent(only.packed, size), count{only.content}, shared.c_str(), paths.c_str());
}

// What only one version has, and what several share; nothing of an image without names.
std::string versions(const image_survey& s, const survey_totals& t, const version_survey& all) {
  if (all.versions.empty()) return {};
  std::string text = line("%10s %14s %6s %15s %14s %10s  ", "objects", "bytes", "share", "content", "shared", "paths") +
                     "only in version\n";
  for (const surveyed_version& v : all.versions)
    text +=
        version_line(v.only, std::to_string(v.shared.packed), std::to_string(v.paths), s.size) + names_text(v) + "\n";
  text += version_line(all.several, "", "", s.size) + "in several\n";
  if (all.none.objects > 0) text += version_line(all.none, "", "", s.size) + "in none\n";
  return text + version_line(t.all, "", "", s.size) + "all objects\n\n";
}

std::string costs(const survey_totals& t) {
  const double saved = t.deltas_if_whole - static_cast<double>(t.deltas.packed);
  std::string text = line("deltas: %llu, %llu bytes for %llu bytes of content", count{t.deltas.objects},
                          count{t.deltas.packed}, count{t.deltas.content});
  if (t.deltas.objects > 0)
    text += line("; whole they would take about %.0f (estimate), %.0f more", t.deltas_if_whole, saved);
  return text + line("\nreading: %.2f bytes inflated for each byte, every file read once and no base cached\n",
                     t.inflated_per_byte);
}

}  // namespace

std::string names_text(const surveyed_version& v) {
  std::string text;
  for (const std::string& name : v.names) text += (text.empty() ? "" : ", ") + printable(name);
  return text;
}

std::string survey_text(const std::string& image, const image_survey& s, const survey_totals& t,
                        const version_survey& v) {
  return printable(image) + ": commit " + hex_text(s.commit) + "\n\n" + kinds(s, t) + "\n" + depths(s, t) + "\n" +
         versions(s, t, v) + paths("largest directories", largest_directories(s, t, kShownPaths), s, t) + "\n" +
         paths("largest files", largest_files(s, t, kShownPaths), s, t) + "\n" + costs(t);
}

}  // namespace docteur::cli
