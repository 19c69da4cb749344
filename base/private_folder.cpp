#include "base/private_folder.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>

#include "base/printable.hpp"
#include "base/removal.hpp"
#include "base/temporary_folder.hpp"
#include "base/unique_fd.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

void remove(const fs::path& folder) {
  remove_patiently([&] {
    std::error_code error;
    fs::remove_all(folder, error);
    return !error;
  });
}

}  // namespace

outcome<private_folder> private_folder::create() {
  DOCTEUR_TRY(given, temporary_folder());
  std::error_code error;
  const fs::path above = fs::absolute(given, error);
  if (error) return give_up(blame::environment, printable(given.native()) + ": " + error.message());
  std::string name = (above / "docteur-XXXXXX").string();
  private_folder folder;
  folder.content_ = leftover([&]() -> std::function<void()> {
    if (::mkdtemp(name.data()) == nullptr) return {};
    return [name] { remove(name); };
  });
  if (!folder.content_)
    return give_up(blame::environment,
                   printable(above.native()) + ": cannot make a temporary folder: " + std::strerror(errno));
  folder.path_ = name;
  return folder;
}

std::uint64_t private_folder::size(const fs::path& below, std::string_view ending) const {
  std::uint64_t sum = 0;
  std::error_code ignored;
  // Files come and go while git writes: what has disappeared counts as nothing.
  for (fs::recursive_directory_iterator it(path_ / below, ignored), end; !ignored && it != end; it.increment(ignored)) {
    std::error_code gone;
    if (!it->path().native().ends_with(ending) || !it->is_regular_file(gone) || gone) continue;
    const std::uintmax_t size = it->file_size(gone);
    if (!gone) sum += size;
  }
  return sum;
}

outcome<void> private_folder::write(const fs::path& below, std::string_view content) const {
  const fs::path path = path_ / below;
  const unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  ssize_t n = file ? 0 : -1;
  while (n >= 0 && !content.empty()) {
    n = ::write(file.get(), content.data(), content.size());
    if (n > 0) content.remove_prefix(static_cast<std::size_t>(n));
    if (n < 0 && errno == EINTR) n = 0;
  }
  if (n < 0) return give_up(blame::environment, printable(path.native()) + ": " + std::strerror(errno));
  return {};
}

}  // namespace docteur
