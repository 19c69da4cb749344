#pragma once
// What docteur-verify and docteur-ls say about the versions of an image. Hosted.

#include <span>
#include <string>
#include <string_view>

#include "cli/json.hpp"
#include "object/commit.hpp"
#include "verify/verify.hpp"

namespace docteur::cli {

template <class T, class F>
[[nodiscard]] std::string json_array(const T& of, F f) {
  std::string text;
  for (const auto& v : of) text += (text.empty() ? "" : ",") + f(v);
  return "[" + text + "]";
}

// name, mail, date (seconds since 1970) and zone_minutes, as Git keeps them.
[[nodiscard]] json_object json_of_person(const signature& s);
// oid and name.
[[nodiscard]] std::string json_of_tag(const tag_object& tag);
// name, commit, reference, author, committed (seconds since 1970), root, tags, paths; what is not known is left out.
[[nodiscard]] std::string json_of_version(const verified_version& v);

// "NAME<tab>COMMIT<tab>DATE<tab>PATHS<tab>REFERENCE": DATE is the committer's in UTC, "-" stands for what is not known.
// Name and reference pass through printable() unless `exact`.
[[nodiscard]] std::string line_of_version(const verified_version& v, bool exact);

}  // namespace docteur::cli
