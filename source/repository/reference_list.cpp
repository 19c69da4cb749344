#include "source/repository/reference_list.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/printable.hpp"
#include "base/program.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

// One line for each reference, with NUL between the fields.
constexpr const char* kFormat =
    "--format=%(refname)%00%(objecttype)%00%(*objecttype)%00%(committerdate:unix)%00%(*committerdate:unix)";
constexpr std::size_t kFields = 5;

std::int64_t number(std::string_view text) {
  std::int64_t n = 0;
  return std::from_chars(text.data(), text.data() + text.size(), n).ec == std::errc() ? n : 0;
}

bool is_of_files(std::string_view type) { return type == "tree" || type == "blob"; }

// False for a line that git would not print.
bool add_line(std::string_view line, std::vector<listed_reference>& to) {
  std::array<std::string_view, kFields> fields;
  for (std::size_t i = 0; i < kFields; ++i) {
    const std::size_t end = line.find('\0');
    if ((end == std::string_view::npos) != (i + 1 == kFields)) return false;
    fields[i] = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  const auto& [name, type, led_to, date, date_of_led_to] = fields;
  if (!is_of_files(type) && !is_of_files(led_to))
    to.push_back({std::string(name), number(date.empty() ? date_of_led_to : date)});
  return true;
}

}  // namespace

bool is_reference_pattern(std::string_view name) noexcept {
  const auto is_refused = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f ||
           std::string_view("~^:\\").find(c) != std::string_view::npos;
  };
  return name.find_first_of("*?[") != std::string_view::npos && std::ranges::none_of(name, is_refused);
}

outcome<std::vector<listed_reference>> list_references(const local_repository& of, const std::string& pattern,
                                                       const progress& report) {
  program_call git;
  // Nothing of the repository is run by this, whoever owns it.
  git.arguments = {"git", "-c", "safe.directory=*", "--git-dir", of.place.folder, "for-each-ref", kFormat, "--"};
  if (pattern.starts_with("refs/")) {
    git.arguments.push_back(pattern);
  } else {
    for (const char* in : {"refs/heads/", "refs/tags/"}) git.arguments.push_back(in + pattern);
  }
  git.environment = program_environment();
  DOCTEUR_TRY(ran, run_program(git, report));
  if (ran.status != 0)
    return give_up(blame::input, "git for-each-ref: " + printable_line(ran.errors.substr(0, ran.errors.find('\n'))));
  if (ran.output.size() >= kMostCaptured) return give_up(blame::input, printable(pattern) + ": too many references");
  std::vector<listed_reference> all;
  for (std::string_view rest = ran.output; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (!add_line(rest.substr(0, end), all))
      return give_up(blame::environment,
                     "git for-each-ref: cannot be understood: " + printable_line(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (all.empty()) return give_up(blame::input, printable(pattern) + ": no such branch or tag");
  std::ranges::sort(all, [](const listed_reference& a, const listed_reference& b) {
    return a.date != b.date ? a.date > b.date : a.name < b.name;
  });
  return all;
}

}  // namespace docteur
