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

// Of lines that stand more than once the first counts, as in Git; continuation lines belong to none of them.
struct commit_view {
  oid tree;
  std::uint32_t parents = 0;  // how many
  signature author;           // empty where there is no such line
  signature committer;        // the author where there is no such line
  std::string_view encoding;  // empty: UTF-8
  std::string_view headers;   // all lines before the empty one, each with its newline
  bool has_message = false;   // a commit made from a plain directory ends with its headers
  std::string_view message;   // as written
};

// Strict about what the rest relies on, as Git's own parser (commit.c, parse_commit_buffer) is: the tree is the first
// line and not the only one, its parents follow, and their ids are well-formed. Of the rest anything is taken: what
// `git fsck` says of it is no reason not to read a commit. `kind`: of the ids in it.
[[nodiscard]] result<commit_view> parse_commit(bytes content, hash_kind kind, std::uint64_t at = 0) noexcept;

struct tag_view {
  oid target;
  object_type type;
  std::string_view tag;  // its name
};

[[nodiscard]] result<tag_view> parse_tag(bytes content, hash_kind kind, std::uint64_t at = 0) noexcept;

}  // namespace docteur
