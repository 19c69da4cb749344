#include "remote/kept_manifests.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "base/oid_text.hpp"
#include "base/random_text.hpp"
#include "base/unique_fd.hpp"
#include "base/whole_io.hpp"
#include "host/cache/cache_folder.hpp"
#include "remote/image_artifact.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostKept = 64 << 10;  // bytes

constexpr std::size_t kImageDigits = 16;  // as in the names of cache files

std::string ending_of(const std::string& name) { return "-" + hex_text(registry_digest(name)) + ".manifest"; }

std::optional<std::string> read_kept(const cache_folder& folder, const std::string& file) {
  const unique_fd fd(::openat(folder.get(), file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != ::geteuid()) return std::nullopt;
  if (st.st_size <= 0 || st.st_size > static_cast<off_t>(kMostKept)) return std::nullopt;
  std::string text(static_cast<std::size_t>(st.st_size), '\0');
  if (!read_whole(fd.get(), 0, {reinterpret_cast<std::byte*>(text.data()), text.size()})) return std::nullopt;
  return text;
}

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
  if (manifest.size() > kMostKept) return;
  const auto opened = cache_folder::open(folder, true);
  if (!opened) return;
  const std::string file = hex_text(registry_digest(image)).substr(0, kImageDigits) + ending_of(name);
  if (read_kept(*opened, file) == manifest) return;
  const std::string temporary = "." + random_text() + ".new";
  const unique_fd fd(
      ::openat(opened->get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return;
  const bool is_written = write_whole(fd.get(), 0, as_bytes(manifest)) && ::fsync(fd.get()) == 0;
  if (!is_written || ::renameat(opened->get(), temporary.c_str(), opened->get(), file.c_str()) != 0) {
    (void)::unlinkat(opened->get(), temporary.c_str(), 0);
    return;
  }
  for (const cached_manifest& m : kept_of(*opened, name))
    if (m.file != file) (void)::unlinkat(opened->get(), m.file.c_str(), 0);
}

}  // namespace docteur
