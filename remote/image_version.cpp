#include "remote/image_version.hpp"

#include <charconv>

#include "remote/http_head.hpp"

namespace docteur {
namespace {

constexpr std::string_view kEtag = " etag ";
constexpr std::string_view kModified = " modified ";
constexpr std::string_view kDigest = " digest ";

}  // namespace

std::string version_text(const image_version& version) {
  const std::string size = std::to_string(version.size);
  if (!version.etag.empty()) return size + std::string(kEtag) + version.etag;
  if (!version.digest.empty()) return size + std::string(kDigest) + version.digest;
  return size + std::string(kModified) + version.modified;
}

std::optional<image_version> parse_version(std::string_view text) {
  image_version v;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v.size);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (rest.starts_with(kEtag)) {
    v.etag = rest.substr(kEtag.size());
    if (!is_strong_etag(v.etag)) return std::nullopt;
  } else if (rest.starts_with(kModified)) {
    v.modified = rest.substr(kModified.size());
    if (!is_plain_value(v.modified)) return std::nullopt;
  } else if (rest.starts_with(kDigest)) {
    v.digest = rest.substr(kDigest.size());
    if (!is_plain_value(v.digest)) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return version_text(v) == text ? std::optional(v) : std::nullopt;
}

}  // namespace docteur
