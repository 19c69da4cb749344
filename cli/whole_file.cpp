#include "cli/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/atomic_file.hpp"
#include "base/printable.hpp"
#include "base/unique_fd.hpp"
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

outcome<std::string> read_whole_file(const std::string& path, std::uint64_t most) {
  const auto failed = [&](int why) { return give_up(blame::environment, printable(path) + ": " + std::strerror(why)); };
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed(errno);
  std::string text;
  std::array<char, 16384> piece;
  for (;;) {
    const ssize_t n = ::read(file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    if (n == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(n));
    if (text.size() > most)
      return give_up(blame::input, printable(path) + ": larger than " + std::to_string(most) + " bytes");
  }
}

}  // namespace docteur::cli
