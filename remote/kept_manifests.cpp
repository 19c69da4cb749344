#include "remote/kept_manifests.hpp"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "base/oid_text.hpp"
#include "host/cache/cache_folder.hpp"
#include "remote/image_artifact.hpp"
#include "remote/kept_text.hpp"

namespace docteur {
namespace {

constexpr std::size_t kImageDigits = 16;  // as in the names of cache files

std::string ending_of(const std::string& name) { return "-" + hex_text(registry_digest(name)) + ".manifest"; }

// The files of manifests of one name: one, or none, or more if a writer was killed between its two steps.
std::vector<cached_manifest> kept_of(const cache_folder& folder, const std::string& name) {
  std::vector<cached_manifest> all = folder.manifests();
  std::erase_if(all, [ending = ending_of(name)](const cached_manifest& m) { return !m.file.ends_with(ending); });
  std::ranges::stable_sort(all, std::greater<>(), &cached_manifest::changed);
  return all;
}

}  // namespace

std::optional<std::string> kept_manifest(const std::filesystem::path& folder, const std::string& name) {
  const auto opened = cache_folder::open(folder, false);
  if (!opened) return std::nullopt;
  for (const cached_manifest& m : kept_of(*opened, name))
    if (auto text = read_kept(*opened, m.file)) return text;
  return std::nullopt;
}

void keep_manifest(const std::filesystem::path& folder, const std::string& name, const std::string& image,
                   std::string_view manifest) {
  const auto opened = cache_folder::open(folder, true);
  if (!opened) return;
  const std::string file = hex_text(registry_digest(image)).substr(0, kImageDigits) + ending_of(name);
  if (read_kept(*opened, file) == manifest) return;
  if (!keep_text(*opened, file, manifest)) return;
  for (const cached_manifest& m : kept_of(*opened, name))
    if (m.file != file) (void)::unlinkat(opened->get(), m.file.c_str(), 0);
}

}  // namespace docteur
