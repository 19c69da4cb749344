#include "cli/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "object/result.hpp"
#include "source/printable.hpp"
#include "source/unique_fd.hpp"

namespace docteur::cli {
namespace {

tl::unexpected<failure> failed(const std::string& path, int error) {
  return give_up(blame::environment, printable(path) + ": " + std::strerror(error));
}

bool put_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0;
}

// The mode that a new file has from open(2).
mode_t new_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

outcome<void> check_whole_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return give_up(blame::usage, printable(path) + ": not a file");
  const auto folder = std::filesystem::path(path).parent_path();
  if (path.empty() || !std::filesystem::is_directory(folder.empty() ? "." : folder, error))
    return give_up(blame::usage, printable(path) + ": no such folder");
  return {};
}

outcome<void> write_whole_file(const std::string& path, std::string_view text) {
  DOCTEUR_CHECK(check_whole_file(path));
  std::error_code error;
  const std::string target = std::filesystem::weakly_canonical(path, error).string();
  if (error) return failed(path, error.value());
  std::string beside = target + ".XXXXXX";
  const unique_fd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd) return failed(path, errno);
  if (put_all(fd.get(), text) && ::fchmod(fd.get(), new_mode()) == 0 &&
      std::rename(beside.c_str(), target.c_str()) == 0)
    return {};
  const int why = errno;
  ::unlink(beside.c_str());
  return failed(path, why);
}

}  // namespace docteur::cli
