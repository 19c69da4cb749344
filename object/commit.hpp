#pragma once
// Commit and tag objects (`git help commit-tree`, `git help mktag`). Guest-safe: views into the object's bytes.

#include <cstdint>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

// "NAME <MAIL> SECONDS ZONE". Fields that an old or broken tool wrote badly are empty or zero: history is full of them.
struct signature {
  std::string_view name;
  std::string_view mail;
  std::int64_t seconds = 0;       // since 1970-01-01T00:00:00Z
  std::int32_t zone_minutes = 0;  // east of UTC
};

[[nodiscard]] signature parse_signature(std::string_view line) noexcept;

struct commit_view {
  oid tree;
  std::uint32_t parents = 0;  // how many
  signature author;
  signature committer;
  std::string_view encoding;  // empty: UTF-8
  std::string_view headers;   // all lines before the empty one, each with its newline
  bool has_message = false;   // a commit made from a plain directory ends with its headers
  std::string_view message;   // as written
};

// Strict about what the rest relies on: tree, parents, author and committer in this order, well-formed ids.
[[nodiscard]] result<commit_view> parse_commit(bytes content, std::uint64_t at = 0) noexcept;

struct tag_view {
  oid target;
  object_type type;
  std::string_view tag;  // its name
};

[[nodiscard]] result<tag_view> parse_tag(bytes content, std::uint64_t at = 0) noexcept;

}  // namespace docteur
