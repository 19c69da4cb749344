#pragma once
// Commit and tag objects (`git help commit-tree`, `git help mktag`). Guest-safe: views into the object's bytes.

#include <cstdint>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

// "NAME <MAIL> SECONDS ZONE". A field that is badly formed is empty or zero: old tools left many such fields.
struct signature {
  std::string_view name;
  std::string_view mail;
  std::int64_t seconds = 0;       // since 1970-01-01T00:00:00Z
  std::int32_t zone_minutes = 0;  // east of UTC
};

[[nodiscard]] signature parse_signature(std::string_view line) noexcept;

// Of repeated header lines the first counts, as in Git; continuation lines belong to none of these fields.
struct commit_view {
  oid tree;
  std::uint32_t parents = 0;  // their number
  signature author;           // empty if there is no such line
  signature committer;        // the author if there is no such line
  std::string_view encoding;  // empty: UTF-8
  std::string_view headers;   // all lines before the empty one, each with its newline
  bool has_message = false;   // a commit made from a plain directory ends with its headers
  std::string_view message;   // as written
};

// As strict as Git's own parser (commit.c, parse_commit_buffer), which checks only what other code relies on: the tree
// is the first line and not the only one, the parents follow, and their ids are well-formed. Everything else is
// accepted: a commit that `git fsck` complains about can still be read. `kind`: of the ids in the commit. `at`: of
// `content` in the image, for messages. Errors: malformed.
[[nodiscard]] result<commit_view> parse_commit(bytes content, hash_kind kind, std::uint64_t at = 0) noexcept;

struct tag_view {
  oid target;
  object_type type;
  std::string_view tag;  // its name
};

[[nodiscard]] result<tag_view> parse_tag(bytes content, hash_kind kind, std::uint64_t at = 0) noexcept;

}  // namespace docteur
