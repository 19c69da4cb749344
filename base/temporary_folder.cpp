#include "base/temporary_folder.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

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

}  // namespace docteur
