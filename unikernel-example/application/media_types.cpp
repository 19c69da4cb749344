#include "unikernel-example/application/media_types.hpp"

#include <algorithm>
#include <array>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

// The first eight characters as a number that orders as they do.
[[nodiscard]] constexpr std::uint64_t prefix_of(std::string_view extension) noexcept {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < sizeof prefix; ++i)
    prefix = prefix << 8 | (i < extension.size() ? static_cast<unsigned char>(extension[i]) : 0u);
  return prefix;
}

struct known_type {
  constexpr known_type(std::string_view e, std::string_view t) noexcept : prefix(prefix_of(e)), extension(e), type(t) {}
  std::uint64_t prefix;
  std::string_view extension;  // lower case
  std::string_view type;
};

// Ordered by extension.
constexpr known_type kTypes[] = {
#include "media_types.inc"
};
static_assert(std::ranges::is_sorted(kTypes, {}, &known_type::extension));

}  // namespace

media media_of(std::string_view file_name) noexcept {
  const std::size_t slash = file_name.rfind('/');
  if (slash != std::string_view::npos) file_name.remove_prefix(slash + 1);
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return kUnknownMedia;
  std::array<char, 32> buffer;
  const std::string_view extension = file_name.substr(dot + 1);
  if (extension.size() > buffer.size()) return kUnknownMedia;
  std::ranges::transform(extension, buffer.begin(), lower);
  const std::string_view key(buffer.data(), extension.size());
  const std::uint64_t prefix = prefix_of(key);
  const auto* at = std::ranges::lower_bound(kTypes, prefix, {}, &known_type::prefix);
  for (; at != std::end(kTypes) && at->prefix == prefix; ++at)
    if (at->extension == key) return {at->type.substr(0, at->type.find(';')), at->type};
  return kUnknownMedia;
}

std::string_view content_type(const media& of, const text_signs& signs) noexcept {
  const bool says_another = signs.foreign || (signs.html && of.plain == "text/html") ||
                            (signs.css && of.plain == "text/css") || (signs.xml && of.plain.ends_with("xml"));
  return says_another ? of.plain : of.in_utf8;
}

}  // namespace docteur::cache_vm
