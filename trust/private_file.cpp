#include "trust/private_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "source/printable.hpp"
#include "source/unique_fd.hpp"

namespace docteur {

outcome<private_file> private_file::create(bytes content) {
  const char* const folder = std::getenv("TMPDIR");
  std::string path = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/docteur-XXXXXX";
  const auto failed = [&] { return give_up(blame::environment, printable(path) + ": " + std::strerror(errno)); };
  const unique_fd fd(::mkostemp(path.data(), O_CLOEXEC));
  if (!fd) return failed();
  private_file file(path);
  while (!content.empty()) {
    const ssize_t n = ::write(fd.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed();
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return file;
}

private_file::~private_file() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace docteur
