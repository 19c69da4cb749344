#include "remote/kept_manifests.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/oid_text.hpp"
#include "base/random_text.hpp"
#include "base/unique_fd.hpp"
#include "base/whole_io.hpp"
#include "host/cache/cache_folder.hpp"
#include "remote/image_artifact.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostKept = 64 << 10;  // bytes

std::string file_of(const std::string& name) { return hex_text(registry_digest(name)) + ".manifest"; }

}  // namespace

std::optional<std::string> kept_manifest(const std::filesystem::path& folder, const std::string& name) {
  const auto opened = cache_folder::open(folder, false);
  if (!opened) return std::nullopt;
  const unique_fd fd(::openat(opened->get(), file_of(name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != ::geteuid()) return std::nullopt;
  if (st.st_size <= 0 || st.st_size > static_cast<off_t>(kMostKept)) return std::nullopt;
  std::string text(static_cast<std::size_t>(st.st_size), '\0');
  if (!read_whole(fd.get(), 0, {reinterpret_cast<std::byte*>(text.data()), text.size()})) return std::nullopt;
  return text;
}

void keep_manifest(const std::filesystem::path& folder, const std::string& name, std::string_view manifest) {
  if (manifest.size() > kMostKept || kept_manifest(folder, name) == manifest) return;
  const auto opened = cache_folder::open(folder, true);
  if (!opened) return;
  const std::string temporary = "." + random_text() + ".new";
  const unique_fd fd(
      ::openat(opened->get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return;
  const bool is_written = write_whole(fd.get(), 0, as_bytes(manifest)) && ::fsync(fd.get()) == 0;
  if (!is_written || ::renameat(opened->get(), temporary.c_str(), opened->get(), file_of(name).c_str()) != 0)
    (void)::unlinkat(opened->get(), temporary.c_str(), 0);
}

}  // namespace docteur
