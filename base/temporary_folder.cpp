#include "base/temporary_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include "base/leftover.hpp"
#include "base/printable.hpp"

namespace docteur {

outcome<std::filesystem::path> temporary_folder() {
  const char* const named = std::getenv("TMPDIR");
  const bool is_named = named != nullptr && *named != '\0';
  const char* const folder = is_named ? named : "/tmp";
  struct stat st {};
  const int error = ::stat(folder, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
  if (error == 0) return std::filesystem::path(folder);
  return give_up(blame::environment, "no folder for temporary files: " + std::string(is_named ? "TMPDIR is " : "") +
                                         printable(folder) + ": " + std::strerror(error));
}

unique_fd open_unnamed(const std::filesystem::path& folder) {
  unique_fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600));
  if (fd || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)) return fd;
  std::string name = (folder / "docteur-XXXXXX").string();
  const leftover instant([&]() -> std::function<void()> {
    fd = unique_fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd) return {};
    return [name] { ::unlink(name.c_str()); };
  });
  return fd;
}

}  // namespace docteur
