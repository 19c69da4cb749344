#include "source/repository/packed_references.hpp"

#include <algorithm>

#include "base/hex_digits.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
outcome<void> packed_reference_search::take(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (begun_.size() + std::min(end, text.size()) > kMostPackedLine)
      return give_up(blame::input, "line " + std::to_string(line_ + 1) + " is too long");
    if (end == std::string_view::npos) {
      begun_ += text;
      return {};
    }
    ++line_;
    if (begun_.empty()) {
      DOCTEUR_CHECK(take_line(text.substr(0, end)));
    } else {
      begun_ += text.substr(0, end);
      DOCTEUR_CHECK(take_line(begun_));
      begun_.clear();
    }
    text.remove_prefix(end + 1);
  }
  return {};
}

outcome<void> packed_reference_search::take_line(std::string_view line) {
  const auto refuse = [&](const std::string& why) {
    return give_up(blame::input, "line " + std::to_string(line_) + " " + why);
  };
  if (line_ == 1 && line.starts_with('#')) return {};
  if (line.starts_with('^')) {
    const bool good = may_peel_ && line.size() == 1 + hex_size(kind_) && leading_id(line.substr(1), kind_);
    may_peel_ = false;
    return good ? outcome<void>() : refuse("is not well-formed");
  }
  const auto id = leading_id(line, kind_);
  if (!id || line.size() < hex_size(kind_) + 2 || line[hex_size(kind_)] != ' ') return refuse("is not well-formed");
  may_peel_ = true;
  const std::string_view name = line.substr(hex_size(kind_) + 1);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] != name) continue;
    if (found_[i] && *found_[i] != *id) return refuse("gives " + printable(name) + " another id than an earlier line");
    found_[i] = *id;
  }
  return {};
}

outcome<std::vector<std::optional<oid>>> packed_reference_search::finish() {
  if (!begun_.empty()) return give_up(blame::input, "is truncated: its last line does not end");
  return std::move(found_);
}

}  // namespace docteur
