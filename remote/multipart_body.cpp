#include "remote/multipart_body.hpp"

#include <algorithm>

#include "remote/http_head.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostLines = 4 << 10;  // bytes between two parts
constexpr std::size_t kMostBoundary = 70;    // RFC 2046

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && std::ranges::equal(text.substr(0, with.size()), with, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  constexpr std::string_view kType = "multipart/byteranges";
  constexpr std::string_view kName = "boundary=";
  if (!begins_with(content_type, kType)) return std::nullopt;
  content_type.remove_prefix(kType.size());
  while (!content_type.empty() && content_type.front() == ';') {
    content_type.remove_prefix(1);
    const std::size_t end = std::min(content_type.find(';'), content_type.size());
    std::string_view parameter = trimmed(content_type.substr(0, end));
    content_type.remove_prefix(end);
    if (!begins_with(parameter, kName)) continue;
    parameter.remove_prefix(kName.size());
    if (parameter.size() >= 2 && parameter.front() == '"' && parameter.back() == '"')
      parameter = parameter.substr(1, parameter.size() - 2);
    if (parameter.empty() || parameter.size() > kMostBoundary) return std::nullopt;
    return std::string(parameter);
  }
  return std::nullopt;
}

multipart_body::multipart_body(std::string boundary, std::vector<byte_range> asked, std::uint64_t size)
    : delimiter_("--" + std::move(boundary)), asked_(std::move(asked)), size_(size) {}

bool multipart_body::refuse(const char* why) {
  why_ = why;
  return false;
}

bool multipart_body::take(bytes piece, const taker& to) {
  while (!piece.empty()) {
    if (left_ == 0) {
      if (!take_line(piece)) return false;
      continue;
    }
    const bytes content = piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size())));
    if (!to(at_, content)) return false;
    at_ += content.size();
    left_ -= content.size();
    piece = piece.subspan(content.size());
  }
  return true;
}

// Takes bytes up to the end of the line.
bool multipart_body::take_line(bytes& piece) {
  const auto end = std::ranges::find(piece, std::byte{'\n'});
  const bool ends = end != piece.end();
  const bytes part = piece.first(static_cast<std::size_t>(end - piece.begin()) + (ends ? 1 : 0));
  lines_ += part.size();
  if (lines_ > kMostLines) return refuse("the parts of the answer have no end");
  line_ += as_text(part);
  piece = piece.subspan(part.size());
  return !ends || end_line();
}

bool multipart_body::end_line() {
  const std::string line(trimmed(std::string_view(line_).substr(0, line_.size() - 1)));
  line_.clear();
  if (!in_head_) {
    in_head_ = line == delimiter_;
    content_range_.reset();
    return true;
  }
  constexpr std::string_view kField = "content-range:";
  if (line.empty()) return begin_part();
  if (!begins_with(line, kField)) return true;
  if (content_range_) return refuse("a part of the answer has two Content-Ranges");
  content_range_ = std::string(trimmed(std::string_view(line).substr(kField.size())));
  return true;
}

bool multipart_body::begin_part() {
  in_head_ = false;
  lines_ = 0;
  const auto range = content_range_ ? parse_content_range(*content_range_) : std::nullopt;
  if (!range || range->size == 0 || range->total != size_)
    return refuse("Content-Range of a part of the answer cannot be understood");
  const auto begins = asked_.begin() + static_cast<std::ptrdiff_t>(next_);
  const auto last = std::find_if(begins, asked_.end(),
                                 [&](const byte_range& r) { return r.offset + r.size == range->first + range->size; });
  if (begins == asked_.end() || range->first != begins->offset || last == asked_.end())
    return refuse("the answer has other parts than those asked for");
  at_ = range->first;
  left_ = range->size;
  next_ = static_cast<std::size_t>(last - asked_.begin()) + 1;
  return true;
}

}  // namespace docteur
