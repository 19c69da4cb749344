#include "source/folder/commit_options.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/printable.hpp"

namespace docteur {
namespace {

// Removes exactly `digits` decimal digits from the front of `text` and returns their value.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int v = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    v = v * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return v;
}

bool take_any_of(std::string_view& text, std::string_view set) {
  if (text.empty() || set.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// Minutes east of Greenwich; the rest of `text` must be the zone alone.
std::optional<int> take_zone(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  const bool west = text.starts_with('-');
  if (!take_any_of(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || !take_any_of(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  const int zone = *hours * 60 + *minutes;
  return west ? -zone : zone;
}

std::optional<std::int64_t> take_seconds(std::string_view& text) {
  namespace chrono = std::chrono;
  const auto year = take_number(text, 4);
  if (!year || !take_any_of(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take_any_of(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !take_any_of(text, "Tt ")) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take_any_of(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take_any_of(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second) return std::nullopt;
  if (take_any_of(text, ".")) {
    if (!take_any_of(text, "0123456789")) return std::nullopt;
    while (take_any_of(text, "0123456789")) continue;
  }
  const chrono::year_month_day date{chrono::year{*year}, chrono::month{static_cast<unsigned>(*month)},
                                    chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;  // 60: a leap second
  const std::int64_t days = chrono::sys_days{date}.time_since_epoch().count();
  return ((days * 24 + *hour) * 60 + *minute) * 60 + *second;
}

bool is_clean(std::string_view text) {
  for (const char c : text)
    if (c == '<' || c == '>' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

outcome<identity> parse_identity(std::string_view text) {
  const auto refuse = [&] { return give_up(blame::usage, "author '" + printable(text) + "': expected 'NAME <MAIL>'"); };
  const std::string_view all = trim(text);
  const auto open = all.find('<');
  if (open == std::string_view::npos || !all.ends_with('>')) return refuse();
  const std::string_view name = trim(all.substr(0, open));
  const std::string_view mail = trim(all.substr(open + 1, all.size() - open - 2));
  if (name.empty() || !is_clean(name) || !is_clean(mail)) return refuse();
  return identity{std::string(name), std::string(mail)};
}

outcome<commit_time> parse_rfc3339(std::string_view text) {
  std::string_view rest = text;
  const auto local = take_seconds(rest);
  const auto zone = local ? take_zone(rest) : std::nullopt;
  if (!zone)
    return give_up(blame::usage, "date '" + printable(text) + "': expected RFC 3339, like 2020-10-10T08:00:00+00:00");
  const std::int64_t seconds = *local - std::int64_t{*zone} * 60;
  if (seconds < 0) return give_up(blame::usage, "date '" + printable(text) + "': Git has no times before 1970");
  return commit_time{static_cast<std::uint64_t>(seconds), *zone};
}

outcome<commit_time> parse_source_date_epoch(std::string_view text) {
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // git's own bound for a date, which must survive signed arithmetic.
  if (error != std::errc{} || end != text.data() + text.size() || seconds > std::uint64_t{1} << 62)
    return give_up(blame::usage, "SOURCE_DATE_EPOCH '" + printable(text) + "': expected seconds since 1970");
  return commit_time{seconds, 0};
}

std::string commit_content(const oid& tree, const identity& author, const commit_time& when) {
  const oid_hex hex = to_hex(tree);
  std::array<char, 16> zone{};
  const int minutes = std::abs(when.zone);
  std::snprintf(zone.data(), zone.size(), "%c%02d%02d", when.zone < 0 ? '-' : '+', minutes / 60, minutes % 60);
  const std::string who =
      author.name + " <" + author.mail + "> " + std::to_string(when.seconds) + " " + zone.data() + "\n";
  return "tree " + std::string(hex.data(), hex.size()) + "\nauthor " + who + "committer " + who;
}

}  // namespace docteur
