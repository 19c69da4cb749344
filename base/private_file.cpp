#include "base/private_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/printable.hpp"
#include "base/temporary_folder.hpp"
#include "base/unique_fd.hpp"
#include "object/result.hpp"

namespace docteur {

outcome<private_file> private_file::create(bytes content) {
  DOCTEUR_TRY(folder, temporary_folder());
  std::string path = (folder / "docteur-XXXXXX").string();
  const auto failed = [&] { return give_up(blame::environment, printable(path) + ": " + std::strerror(errno)); };
  unique_fd fd;
  private_file file;
  file.file_ = leftover([&]() -> std::function<void()> {
    fd = unique_fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!fd) return {};
    return [path] { ::unlink(path.c_str()); };
  });
  if (!file.file_) return failed();
  while (!content.empty()) {
    const ssize_t n = ::write(fd.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed();
    content = content.subspan(static_cast<std::size_t>(n));
  }
  file.path_ = path;
  return file;
}

}  // namespace docteur
