#pragma once
// Author and date of the commit that a plain folder becomes. Hosted.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

struct identity {
  std::string name;
  std::string mail;
};

// A point in time as a commit records it.
struct commit_time {
  std::uint64_t seconds;  // since 1970-01-01T00:00:00Z, leap seconds not counted
  int zone = 0;           // minutes east of Greenwich

  friend bool operator==(const commit_time&, const commit_time&) = default;
};

struct commit_options {
  identity author{"docteur", "docteur@localhost"};  // and committer
  std::optional<commit_time> date;                  // nullopt: the newest file's
};

// 'NAME <MAIL>' as `git fsck` wants it: a name, one space, and neither '<', '>' nor control characters inside. Fails
// with blame::usage.
[[nodiscard]] outcome<identity> parse_identity(std::string_view text);

// A date and time of RFC 3339, section 5.6: `2020-10-10T08:00:00+02:00` or `...Z`. A fraction of a second is dropped.
// Fails with blame::usage, also for times before 1970, which Git cannot write.
[[nodiscard]] outcome<commit_time> parse_rfc3339(std::string_view text);

// Decimal seconds (reproducible-builds.org, SOURCE_DATE_EPOCH), UTC. Fails with blame::usage.
[[nodiscard]] outcome<commit_time> parse_source_date_epoch(std::string_view text);

// The content of the commit: no parent and no message; the last byte is the newline of the committer line. OCaml
// docteur writes the same bytes for a folder, so both give the same id.
[[nodiscard]] std::string commit_content(const oid& tree, const identity& author, const commit_time& when);

}  // namespace docteur
