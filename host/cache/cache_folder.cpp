#include "host/cache/cache_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/printable.hpp"
#include "base/whole_io.hpp"
#include "host/cache/cache_io.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".blocks";
constexpr std::string_view kManifestEnding = ".manifest";
constexpr std::size_t kImageDigits = 17;                    // of a file's name: which image, and a hyphen
constexpr std::string_view kNewEnding = ".new";             // a file that has no name yet
constexpr std::uint64_t kMostUse = std::uint64_t{1} << 62;  // a greater counter is damaged

const char* variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value == '/' ? value : nullptr;  // XDG: a relative path is to be ignored
}

bool make_private(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return true;
  if (errno != ENOENT || path.parent_path() == path || path.parent_path().empty()) return false;
  return make_private(path.parent_path()) && (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST);
}

std::uint64_t disk_size(const struct stat& st) { return static_cast<std::uint64_t>(st.st_blocks) * 512; }

}  // namespace

outcome<fs::path> cache_folder::standard() {
  if (const char* const base = variable("XDG_CACHE_HOME")) return fs::path(base) / "docteur" / "images";
  if (const char* const home = variable("HOME")) return fs::path(home) / ".cache" / "docteur" / "images";
  return give_up(blame::usage, "no folder for the cache: neither XDG_CACHE_HOME nor HOME is set");
}

outcome<cache_folder> cache_folder::open(const fs::path& path, bool make) {
  cache_folder f;
  f.shown_ = printable(path.native());
  const auto failed = [&](const char* why) { return give_up(blame::environment, f.shown_ + ": " + why); };
  if (make && !make_private(path)) return failed(std::strerror(errno));
  f.fd_ = unique_fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat st {};
  if (!f.fd_ || ::fstat(f.get(), &st) != 0) return failed(std::strerror(errno));
  if (st.st_uid != ::geteuid()) return failed("this folder belongs to another user; it cannot hold the cache");
  if ((st.st_mode & 022) != 0) return failed("other users can write to this folder; it cannot hold the cache");
  return f;
}

std::vector<std::string> cache_folder::names(std::string_view ending) const {
  std::vector<std::string> found;
  const int copy = ::openat(get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const opened = copy < 0 ? nullptr : ::fdopendir(copy);
  if (opened == nullptr) return found;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opened, ::closedir);
  while (const dirent* const entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(ending) && name.size() > ending.size()) found.emplace_back(name);
  }
  return found;
}

std::optional<cached_file> cache_folder::look(const std::string& file) const {
  struct stat st {};
  if (::fstatat(get(), file.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  cached_file found;
  found.file = file;
  found.disk = disk_size(st);
  found.changed = st.st_mtime;
  const unique_fd fd(::openat(get(), file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::array<std::byte, kCacheHeaderSize + 8> raw;
  if (!fd || !is_own_file(fd.get()) || !read_whole(fd.get(), 0, raw)) return found;
  found.in_use = is_in_use(fd.get());
  auto header = decode_cache_header(raw);
  if (!header || ::fstat(fd.get(), &st) != 0) return found;
  if (static_cast<std::uint64_t>(st.st_size) != header->file_size() || cache_file_name(*header) != file) return found;
  found.image = std::move(*header);
  found.use = load_le<std::uint64_t>(raw.data() + kCacheUseAt);
  if (found.use > kMostUse) found.use = 0;
  return found;
}

std::vector<cached_file> cache_folder::files() const {
  std::vector<cached_file> all;
  for (const std::string& name : names(kEnding))
    if (auto found = look(name)) all.push_back(std::move(*found));
  std::ranges::sort(
      all, [](const cached_file& a, const cached_file& b) { return a.use != b.use ? a.use > b.use : a.file < b.file; });
  return all;
}

bool cached_manifest::is_of(const std::string& image_file) const noexcept {
  return file.size() > kImageDigits && file[kImageDigits - 1] == '-' &&
         image_file.compare(0, kImageDigits, file, 0, kImageDigits) == 0;
}

std::vector<cached_manifest> cache_folder::manifests() const {
  std::vector<cached_manifest> all;
  struct stat st {};
  for (std::string& name : names(kManifestEnding))
    if (::fstatat(get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0)
      all.push_back({std::move(name), disk_size(st), st.st_mtime});
  std::ranges::sort(all, {}, &cached_manifest::file);
  return all;
}

std::uint64_t cache_folder::next_use() const {
  const std::vector<cached_file> all = files();
  return all.empty() ? 1 : all.front().use + 1;
}

bool cache_folder::remove(const std::string& file) const {
  const unique_fd fd(::openat(get(), file.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && errno == ENOENT) return false;
  if (fd && !lock_use(fd.get(), file_use::alone)) {
    errno = EBUSY;
    return false;
  }
  if (::unlinkat(get(), file.c_str(), 0) != 0) return false;
  for (const cached_manifest& m : manifests())
    if (m.is_of(file) && !has_image(m)) (void)::unlinkat(get(), m.file.c_str(), 0);
  return true;
}

bool cache_folder::has_image(const cached_manifest& m) const {
  return std::ranges::any_of(names(kEnding), [&m](const std::string& file) { return m.is_of(file); });
}

std::uint64_t cache_folder::trim(std::uint64_t bound, std::vector<cached_file>* removed) const {
  for (const std::string& name : names(kNewEnding)) (void)remove(name);
  std::vector<cached_file> all = files();
  std::uint64_t blocks = 0;
  for (const cached_file& f : all) blocks += f.disk;
  const auto sum = [&] {
    std::uint64_t all_disk = blocks;
    for (const cached_manifest& m : manifests()) all_disk += m.disk;
    return all_disk;
  };
  if (sum() > bound)
    for (const cached_manifest& m : manifests())
      if (!has_image(m)) (void)::unlinkat(get(), m.file.c_str(), 0);
  for (; !all.empty() && sum() > bound; all.pop_back()) {
    if (!remove(all.back().file)) continue;
    blocks -= all.back().disk;
    if (removed != nullptr) removed->push_back(std::move(all.back()));
  }
  return sum();
}

}  // namespace docteur
