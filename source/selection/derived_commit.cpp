#include "source/selection/derived_commit.hpp"

#include <algorithm>
#include <charconv>

#include "base/hex_digits.hpp"
#include "object/commit.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr std::string_view kSubject = "docteur: made from commit ";
constexpr std::string_view kText =
    "\n\nThis commit was made by docteur-make and is signed by nobody. Its tree is not that of\n"
    "the commit quoted below, but differs from it:\n\n";
constexpr std::string_view kChange = "- ";
constexpr std::string_view kQuotation = "\nThe commit it was made from, ";
constexpr std::string_view kBytes = " bytes:\n\n";
constexpr std::string_view kIndent = "    ";

// The rest of the first line that begins with `key`; nullopt if there is none.
std::optional<std::string_view> header(std::string_view headers, std::string_view key) {
  while (!headers.empty()) {
    const std::string_view line = headers.substr(0, headers.find('\n'));
    if (line.starts_with(key)) return line.substr(key.size());
    headers.remove_prefix(std::min(line.size() + 1, headers.size()));
  }
  return std::nullopt;
}

// Author, committer and encoding as git writes them, whatever their order in `headers`. If one of the two people is
// missing there, the other one is used.
std::string people(std::string_view headers) {
  constexpr std::string_view kNobody = "unknown <> 0 +0000";
  const auto author = header(headers, "author "), committer = header(headers, "committer ");
  const auto encoding = header(headers, "encoding ");
  std::string lines = "author ";
  lines.append(author.value_or(committer.value_or(kNobody))).append("\ncommitter ");
  lines.append(committer.value_or(author.value_or(kNobody))).append("\n");
  if (encoding) lines.append("encoding ").append(*encoding).append("\n");
  return lines;
}

// Removes `word` from the front of `text`, if it is there.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}
// Takes a line without its newline; false at the end, and for a line without one.
bool take_line(std::string_view& text, std::string_view& line) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

outcome<std::string> make_derived_commit(const oid& tree, const oid& id, std::string_view original,
                                         std::span<const std::string> changes) {
  const auto head = parse_commit(as_bytes(original), id.kind());
  if (!head) return give_up(blame::input, std::string("a malformed commit: ") + head.error().what);
  const oid_hex tree_hex = to_hex(tree), id_hex = to_hex(id);
  std::string text = "tree " + std::string(tree_hex.begin(), tree_hex.end()) + "\n";
  text.append(people(head->headers)).append("\n").append(kSubject).append(id_hex.begin(), id_hex.end()).append(kText);
  for (const std::string& change : changes) text.append(kChange).append(change).append("\n");
  text.append(kQuotation).append(std::to_string(original.size())).append(kBytes);
  while (!original.empty()) {
    const std::size_t end = std::min(original.find('\n'), original.size());
    text.append(kIndent).append(original.substr(0, end)).append("\n");
    original.remove_prefix(std::min(end + 1, original.size()));
  }
  return text;
}

std::optional<derivation> find_derivation(std::string_view message) {
  derivation d;
  if (!take(message, kSubject)) return std::nullopt;
  const std::string_view digits = message.substr(0, message.find('\n'));
  const auto kind = kind_of_digits(digits);
  if (!kind) return std::nullopt;
  const auto id = parse_hex(digits, *kind);
  if (!id) return std::nullopt;
  d.original = *id;
  message.remove_prefix(digits.size());
  if (!take(message, kText)) return std::nullopt;
  std::string_view line;
  while (take(message, kChange)) {
    if (!take_line(message, line)) return std::nullopt;
    d.changes.emplace_back(line);
  }
  std::size_t size = 0;
  if (!take(message, kQuotation)) return std::nullopt;
  const auto [end, error] = std::from_chars(message.data(), message.data() + message.size(), size);
  if (error != std::errc()) return std::nullopt;
  message.remove_prefix(static_cast<std::size_t>(end - message.data()));
  if (!take(message, kBytes) || size > message.size()) return std::nullopt;
  while (take_line(message, line)) {
    if (!take(line, kIndent)) return std::nullopt;
    d.content.append(line).append("\n");
  }
  // If the commit does not end in a newline, the last one belongs to the quotation.
  if (d.content.size() == size + 1) d.content.pop_back();
  if (!message.empty() || d.content.size() != size) return std::nullopt;
  if (object_id(*kind, object_type::commit, as_bytes(d.content)) != d.original) return std::nullopt;
  return d;
}

}  // namespace docteur
