#include "verify/fsck_messages.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "object/bytes.hpp"

namespace docteur {
namespace {

constexpr std::string_view kDigits = "0123456789";

// Removes `word` from the start of `text` if it is there.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}
// Removes a line from `text` and returns it without its newline.
std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Headers end at the first empty line; if there is none, at the end of the last line.
const char* message_of_headers(std::string_view content) {
  const std::size_t end = content.find("\n\n");
  if (content.substr(0, end).find('\0') != std::string_view::npos) return "nulInHeader";
  if (end == std::string_view::npos && !content.ends_with('\n')) return "unterminatedHeader";
  return nullptr;
}

const char* message_of_date(std::string_view date) {
  const std::size_t digits = std::min(date.find_first_not_of(kDigits), date.size());
  const std::string_view number = date.substr(0, digits);
  const std::string_view zone = date.substr(digits);
  if (number.empty() || !zone.starts_with(' ')) return "badDate";
  if (number.size() > 1 && number.front() == '0') return "zeroPaddedDate";
  constexpr std::string_view kMost = "9223372036854775807";
  static_assert(std::numeric_limits<std::int64_t>::max() == 9223372036854775807);
  if (number.size() > kMost.size() || (number.size() == kMost.size() && number > kMost)) return "badDateOverflow";
  const bool is_zone = zone.size() == 6 && (zone[1] == '+' || zone[1] == '-') &&
                       zone.find_first_not_of(kDigits, 2) == std::string_view::npos;
  return is_zone ? nullptr : "badTimezone";
}

// "NAME <MAIL> SECONDS ZONE"
const char* message_of_identity(std::string_view line) {
  const std::size_t open = line.find_first_of("<>");
  if (open == 0 && line[0] == '<') return "missingNameBeforeEmail";
  if (open == std::string_view::npos) return "missingEmail";
  if (line[open] == '>') return "badName";
  if (line[open - 1] != ' ') return "missingSpaceBeforeEmail";
  const std::size_t close = line.find_first_of("<>", open + 1);
  if (close == std::string_view::npos || line[close] == '<') return "badEmail";
  std::string_view rest = line.substr(close + 1);
  if (!take(rest, " ")) return "missingSpaceBeforeDate";
  return message_of_date(rest);
}

}  // namespace

const char* fsck_message_of_commit(std::string_view content) {
  if (const char* m = message_of_headers(content)) return m;
  std::string_view rest = content;
  take_line(rest);  // the tree
  while (rest.starts_with("parent ")) take_line(rest);
  const char* first = nullptr;
  const auto note = [&first](const char* m) { first = first == nullptr ? m : first; };
  unsigned authors = 0;
  for (; take(rest, "author "); ++authors) note(message_of_identity(take_line(rest)));
  if (authors == 0) note("missingAuthor");
  if (authors > 1) return "multipleAuthors";
  if (first != nullptr) return first;
  if (!take(rest, "committer ")) return "missingCommitter";
  if (const char* m = message_of_identity(take_line(rest))) return m;
  return content.find('\0') != std::string_view::npos ? "nulInCommit" : nullptr;
}

const char* fsck_message_of_tag(std::string_view content) {
  if (const char* m = message_of_headers(content)) return m;
  std::string_view rest = content;
  for (int i = 0; i < 3; ++i) take_line(rest);  // object, type, name
  // Old tags have no tagger: fsck only notes that.
  return take(rest, "tagger ") ? message_of_identity(take_line(rest)) : nullptr;
}

const char* fsck_message_of_gitattributes(std::string_view content) {
  constexpr std::size_t kMostLine = 2048;  // bytes
  while (!content.empty())
    if (take_line(content).size() >= kMostLine) return "gitattributesLineLength";
  return nullptr;
}

}  // namespace docteur
