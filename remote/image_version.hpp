#pragma once
// What pins one version of a file on a server. Hosted.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace docteur {

struct image_version {
  std::uint64_t size = 0;  // bytes
  std::string etag;        // a strong entity tag with its quotes (RFC 9110, section 8.8.3), or empty
  std::string modified;    // else the value of Last-Modified
  std::string digest;      // else `sha256:` and the SHA-256 of the file, where the address names it; one is not empty

  friend bool operator==(const image_version&, const image_version&) = default;
};

// One printable line that has all of the version and nothing else: `1234 etag "abc"`, `1234 modified Sat, 28 Nov...`
// or `1234 digest sha256:...`.
[[nodiscard]] std::string version_text(const image_version& version);
// The version that `text` was made from; nullopt if it was not made by version_text().
[[nodiscard]] std::optional<image_version> parse_version(std::string_view text);

}  // namespace docteur
