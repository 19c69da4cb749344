#include "unikernel-example/application/media_types.hpp"

#include <algorithm>
#include <array>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

// The first eight characters as a number that compares as they do.
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

// In the order of extensions.
constexpr known_type kTypes[] = {
#include "media_types.inc"
};
static_assert(std::ranges::is_sorted(kTypes, {}, &known_type::extension));

}  // namespace

std::string_view media_type(std::string_view file_name) noexcept {
  constexpr std::string_view unknown = "application/octet-stream";
  const std::size_t slash = file_name.rfind('/');
  if (slash != std::string_view::npos) file_name.remove_prefix(slash + 1);
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return unknown;
  std::array<char, 32> buffer;
  const std::string_view extension = file_name.substr(dot + 1);
  if (extension.size() > buffer.size()) return unknown;
  std::ranges::transform(extension, buffer.begin(), lower);
  const std::string_view key(buffer.data(), extension.size());
  const std::uint64_t prefix = prefix_of(key);
  const auto* at = std::ranges::lower_bound(kTypes, prefix, {}, &known_type::prefix);
  for (; at != std::end(kTypes) && at->prefix == prefix; ++at)
    if (at->extension == key) return at->type;
  return unknown;
}

}  // namespace docteur::cache_vm
