#include "cli/whole_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/atomic_file.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur::cli {

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
  DOCTEUR_TRY(file, atomic_file::create(path));
  while (!text.empty()) {
    const ssize_t n = ::write(file.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up(blame::environment, printable(path) + ": " + std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return file.publish();
}

}  // namespace docteur::cli
