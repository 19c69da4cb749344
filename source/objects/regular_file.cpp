#include "source/objects/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/absence.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::size_t kFirstRead = 64 * 1024;  // bytes; a file's size is not trusted before it is read

}  // namespace

object_result<unique_fd> open_regular(const std::string& path) {
  // O_NONBLOCK: a FIFO without a writer opens at once. It does not affect reads of a regular file (open(2)).
  unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    if (is_absence(errno)) return tl::unexpected<object_fault>({true, "is missing"});
    // open(2): a socket, a device without a driver.
    if (errno == ENXIO) return tl::unexpected<object_fault>({false, "is not a regular file"});
    return unreadable(errno);
  }
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return unreadable(errno);
  if (!S_ISREG(st.st_mode)) return tl::unexpected<object_fault>({false, "is not a regular file"});
  return fd;
}

object_result<std::string> read_regular(const std::string& path, std::size_t most) {
  DOCTEUR_TRY(fd, open_regular(path));
  std::string content;
  std::size_t have = 0;
  for (;;) {
    if (have == content.size()) content.resize(std::min(std::max(kFirstRead, have * 2), most + 1));
    const ssize_t n = ::read(fd.get(), content.data() + have, content.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(errno);
    have += static_cast<std::size_t>(n);
    if (have > most) return tl::unexpected<object_fault>({false, "is larger than " + std::to_string(most) + " bytes"});
    if (n == 0) break;
  }
  content.resize(have);
  return content;
}

}  // namespace docteur
