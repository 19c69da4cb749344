#include "object/commit.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace docteur {
namespace {

// Reads one header line at a time: "KEY VALUE\n"; the last may lack its newline. Continuation lines begin with a space
// and belong to the line before.
class header_reader {
 public:
  header_reader(std::string_view text, std::uint64_t at) noexcept : text_(text), at_(at) {}

  [[nodiscard]] std::uint64_t at() const noexcept { return at_ + used_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] bool at_end() const noexcept { return used_ == text_.size(); }
  [[nodiscard]] bool at_empty_line() const noexcept { return !at_end() && text_[used_] == '\n'; }

  // Takes the next line and returns its value if it has this key.
  std::optional<std::string_view> take(std::string_view key) noexcept {
    const std::string_view rest = drop(text_, used_);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || !rest.starts_with(key)) return std::nullopt;
    if (rest.size() <= key.size() || rest[key.size()] != ' ') return std::nullopt;
    used_ += end + 1;
    return first(drop(rest, key.size() + 1), end - key.size() - 1);
  }
  std::string_view take_line() noexcept {
    const std::string_view rest = drop(text_, used_);
    const std::string_view line = first(rest, std::min(rest.find('\n'), rest.size()));
    used_ += std::min(line.size() + 1, rest.size());
    return line;
  }

 private:
  std::string_view text_;
  std::uint64_t at_;
  std::size_t used_ = 0;
};

// The first of each header line that may be repeated.
struct first_lines {
  std::optional<std::string_view> author, committer, encoding;

  void look_at(std::string_view line) noexcept {
    const auto keep = [line](std::optional<std::string_view>& value, std::string_view key) {
      if (!value && line.starts_with(key)) value = drop(line, key.size());
    };
    keep(author, "author ");
    keep(committer, "committer ");
    keep(encoding, "encoding ");
  }
};

std::string_view trim(std::string_view s) noexcept {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

// Removes the decimal digits at the front of `s` and returns their value. Saturates far beyond any date.
std::int64_t take_number(std::string_view& s) noexcept {
  std::int64_t v = 0;
  while (!s.empty() && s.front() >= '0' && s.front() <= '9') {
    if (v < (std::int64_t{1} << 58)) v = v * 10 + (s.front() - '0');
    s.remove_prefix(1);
  }
  return v;
}

// Git writes lower-case digits and reads both cases.
result<oid> take_id(header_reader& lines, std::string_view key, hash_kind kind, const char* what) noexcept {
  const std::uint64_t at = lines.at();
  const auto value = lines.take(key);
  if (!value || value->size() != hex_size(kind)) return fail(errc::malformed, at, what);
  std::array<char, kMaxHexSize> folded;
  std::ranges::transform(*value, folded.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto id = parse_hex({folded.data(), hex_size(kind)}, kind);
  if (!id) return fail(errc::malformed, at, what);
  return *id;
}

}  // namespace

signature parse_signature(std::string_view line) noexcept {
  signature s;
  const std::size_t open = line.find('<');
  const std::size_t close = line.rfind('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    s.name = trim(line);
    return s;
  }
  s.name = trim(first(line, open));
  s.mail = first(drop(line, open + 1), close - open - 1);
  std::string_view rest = trim(drop(line, close + 1));
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  s.seconds = take_number(rest) * (negative ? -1 : 1);
  rest = trim(rest);
  if (rest.size() == 5 && (rest[0] == '+' || rest[0] == '-')) {
    const int sign = rest[0] == '-' ? -1 : 1;
    rest.remove_prefix(1);
    const auto hhmm = static_cast<std::int32_t>(take_number(rest));
    if (rest.empty()) s.zone_minutes = sign * (hhmm / 100 * 60 + hhmm % 100);
  }
  return s;
}

result<commit_view> parse_commit(bytes content, hash_kind kind, std::uint64_t at) noexcept {
  const std::string_view text = as_text(content);
  header_reader lines(text, at);
  commit_view c;
  DOCTEUR_TRY(tree, take_id(lines, "tree", kind, "commit does not begin with a tree line"));
  c.tree = tree;
  if (lines.at_end()) return fail(errc::malformed, lines.at(), "commit has nothing but a tree line");
  while (!lines.at_end() && drop(text, lines.used()).starts_with("parent ")) {
    DOCTEUR_CHECK(take_id(lines, "parent", kind, "bad parent line of a commit"));
    ++c.parents;
  }
  first_lines known;
  while (!lines.at_end() && !lines.at_empty_line()) known.look_at(lines.take_line());
  if (known.author) c.author = parse_signature(*known.author);
  c.committer = known.committer ? parse_signature(*known.committer) : c.author;
  c.encoding = known.encoding.value_or(std::string_view());
  c.headers = first(text, lines.used());
  c.has_message = !lines.at_end();
  if (c.has_message) c.message = drop(text, lines.used() + 1);
  return c;
}

result<tag_view> parse_tag(bytes content, hash_kind kind, std::uint64_t at) noexcept {
  header_reader lines(as_text(content), at);
  tag_view t{};
  DOCTEUR_TRY(target, take_id(lines, "object", kind, "tag does not begin with an object line"));
  t.target = target;
  const std::uint64_t type_at = lines.at();
  const auto type = lines.take("type");
  if (!type) return fail(errc::malformed, type_at, "tag has no type line");
  bool known = false;
  for (const object_type candidate : {object_type::commit, object_type::tree, object_type::blob, object_type::tag}) {
    if (*type != name(candidate)) continue;
    t.type = candidate;
    known = true;
  }
  if (!known) return fail(errc::malformed, type_at, "unknown type in a tag");
  const auto tag = lines.take("tag");
  if (!tag) return fail(errc::malformed, lines.at(), "tag has no name line");
  t.tag = *tag;
  return t;
}

}  // namespace docteur
