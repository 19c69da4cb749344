#include "unikernel-example/application/media_types.hpp"

#include <algorithm>
#include <array>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

struct known_type {
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
  const auto* found = std::ranges::lower_bound(kTypes, key, {}, &known_type::extension);
  return found != std::end(kTypes) && found->extension == key ? found->type : unknown;
}

}  // namespace docteur::cache_vm
