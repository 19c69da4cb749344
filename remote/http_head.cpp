#include "remote/http_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "remote/libcurl.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostHead = 64 << 10;  // bytes
constexpr std::size_t kMostValue = 256;      // characters of a value that is kept
constexpr std::uint64_t kMostSize = std::uint64_t{1} << 63;
constexpr std::uint64_t kDay = 24 * 60 * 60;  // seconds

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number >= kMostSize) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

}  // namespace

std::optional<content_range> parse_content_range(std::string_view value) {
  content_range r;
  if (value.size() < 6 || !same_word(value.substr(0, 6), "bytes ")) return std::nullopt;
  value = trimmed(value.substr(6));
  if (!take(value, "*")) {
    std::uint64_t last = 0;
    if (!take_number(value, r.first) || !take(value, "-") || !take_number(value, last) || last < r.first)
      return std::nullopt;
    r.size = last - r.first + 1;
  }
  if (!take(value, "/")) return std::nullopt;
  if (take(value, "*")) return value.empty() && r.size > 0 ? std::optional(r) : std::nullopt;
  std::uint64_t total = 0;
  if (!take_number(value, total) || !value.empty()) return std::nullopt;
  if (r.size > total || r.first > total - r.size) return std::nullopt;
  r.total = total;
  return r;
}

std::optional<std::uint64_t> parse_length(std::string_view value) {
  std::uint64_t length = 0;
  return take_number(value, length) && value.empty() ? std::optional(length) : std::nullopt;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::time_t now) {
  std::uint64_t seconds = 0;
  std::string_view rest = value;
  if (take_number(rest, seconds) && rest.empty()) return std::chrono::seconds(std::min(seconds, kDay));
  if (!is_plain_value(value) || (value.front() >= '0' && value.front() <= '9')) return std::nullopt;
  const std::time_t date = curl().getdate(std::string(value).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::chrono::seconds(std::clamp<std::int64_t>(date - now, 0, kDay));
}

bool is_plain_value(std::string_view value) {
  return !value.empty() && value.size() <= kMostValue &&
         std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_strong_etag(std::string_view value) {
  return is_plain_value(value) && value.size() > 2 && value.front() == '"' && value.back() == '"' &&
         value.substr(1, value.size() - 2).find_first_of("\" ") == std::string_view::npos;
}

bool http_head::add(std::string_view line) {
  size_ += line.size();
  if (size_ > kMostHead) return false;
  if (line.starts_with("HTTP/")) {
    const std::size_t size = size_;
    *this = {};
    size_ = size;
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return true;
    std::string_view code = line.substr(space + 1, 3);
    std::uint64_t number = 0;
    if (take_number(code, number) && code.empty()) status = static_cast<int>(number);
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  const std::array<std::pair<std::string_view, std::optional<std::string>*>, 6> fields{
      {{"content-range", &content_range},
       {"content-length", &content_length},
       {"content-encoding", &content_encoding},
       {"etag", &etag},
       {"last-modified", &last_modified},
       {"retry-after", &retry_after}}};
  const std::string_view value = trimmed(line.substr(colon + 1));
  for (const auto& [name, field] : fields) {
    if (!same_word(line.substr(0, colon), name)) continue;
    if (*field && **field != value) is_ambiguous = true;
    *field = value;
  }
  add_more(line.substr(0, colon), value);
  return true;
}

void http_head::add_more(std::string_view name, std::string_view value) {
  if (same_word(name, "www-authenticate")) challenges.emplace_back(value);
  const std::array<std::pair<std::string_view, std::optional<std::string>*>, 5> fields{
      {{"location", &location},
       {"content-type", &content_type},
       {"range", &upload_range},
       {"oci-chunk-min-length", &least_chunk},
       {"docker-content-digest", &content_digest}}};
  for (const auto& [known, field] : fields)
    if (!*field && same_word(name, known)) *field = value;
}

}  // namespace docteur
