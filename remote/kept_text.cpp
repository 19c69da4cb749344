#include "remote/kept_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/random_text.hpp"
#include "base/unique_fd.hpp"
#include "base/whole_io.hpp"

namespace docteur {

std::optional<std::string> read_kept(const cache_folder& folder, const std::string& file) {
  const unique_fd fd(::openat(folder.get(), file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != ::geteuid()) return std::nullopt;
  if (st.st_size <= 0 || st.st_size > static_cast<off_t>(kMostKept)) return std::nullopt;
  std::string text(static_cast<std::size_t>(st.st_size), '\0');
  if (!read_whole(fd.get(), 0, {reinterpret_cast<std::byte*>(text.data()), text.size()})) return std::nullopt;
  return text;
}

bool keep_text(const cache_folder& folder, const std::string& file, std::string_view text) {
  if (text.size() > kMostKept) return false;
  const std::string temporary = "." + random_text() + ".new";
  const unique_fd fd(
      ::openat(folder.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return false;
  const bool is_written = write_whole(fd.get(), 0, as_bytes(text)) && ::fsync(fd.get()) == 0;
  if (is_written && ::renameat(folder.get(), temporary.c_str(), folder.get(), file.c_str()) == 0) return true;
  (void)::unlinkat(folder.get(), temporary.c_str(), 0);
  return false;
}

}  // namespace docteur
