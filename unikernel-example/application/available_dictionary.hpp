#pragma once
// Compression Dictionary Transport (RFC 9842): what the fields of a request and of a response say about dictionaries.

#include <optional>
#include <string>
#include <string_view>

#include "object/oid.hpp"

namespace docteur::cache_vm {

// The SHA-256 in the value of Available-Dictionary (section 2.2), which is one byte sequence (RFC 9651, section 3.3.5):
// ":" base64 ":". nullopt for anything else: several values, another length, parameters, which that field does not
// define. Such a request is answered as one without the field.
[[nodiscard]] std::optional<oid> parse_available_dictionary(std::string_view value);

// In which paths a response to `target` is a dictionary, besides its own.
enum class sibling_paths {
  marked,  // behind the name of a version: "/@NAME" and the path, or the path without it
  named,   // the path begins with the name of a version, and any other may stand there: "/NAME"
};

// The value of Use-As-Dictionary (section 2.1): a pattern of URLs for the path of `target`, as it was sent, without its
// query, in one version or another. `has_version`: the path begins with the name of a version. "": there is none,
// because the target is not in origin-form, is too long, or is no ASCII.
[[nodiscard]] std::string use_as_dictionary(std::string_view target, sibling_paths where, bool has_version);

}  // namespace docteur::cache_vm
