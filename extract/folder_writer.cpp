#include "extract/folder_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/beneath.hpp"
#include "base/printable.hpp"

namespace docteur {

outcome<void> folder_writer::make_folder(std::string_view path) {
  DOCTEUR_TRY(at, find(path));
  if (::mkdirat(at.folder, at.name.c_str(), 0777) != 0) return failed(path, errno);
  return {};
}

outcome<void> folder_writer::make_link(std::string_view path, const std::string& target,
                                       const std::optional<timespec>& modified) {
  DOCTEUR_TRY(at, find(path));
  if (::symlinkat(target.c_str(), at.folder, at.name.c_str()) != 0) return failed(path, errno);
  if (!modified) return {};
  const std::array<timespec, 2> times{*modified, *modified};
  if (::utimensat(at.folder, at.name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) return failed(path, errno);
  return {};
}

outcome<new_file> folder_writer::make_file(std::string_view path, mode_t mode) {
  DOCTEUR_TRY(at, find(path));
  return new_file::create(at.folder, at.name, mode, shown_ + "/" + printable(path));
}

outcome<void> folder_writer::set_time(std::string_view path, const timespec& modified) {
  DOCTEUR_TRY(at, find(path));
  const std::array<timespec, 2> times{modified, modified};
  if (::utimensat(at.folder, at.name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) return failed(path, errno);
  return {};
}

outcome<folder_writer::place> folder_writer::find(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return place{root_, std::string(path)};
  const std::string_view folder = path.substr(0, slash);
  if (!last_fd_ || last_ != folder) {
    auto fd = open_beneath(root_, folder, O_RDONLY | O_DIRECTORY);
    if (!fd) return failed(folder, fd.error());
    last_fd_ = std::move(*fd);
    last_ = folder;
  }
  return place{last_fd_.get(), std::string(path.substr(slash + 1))};
}

tl::unexpected<failure> folder_writer::failed(std::string_view path, int error) const {
  return give_up(blame::environment, shown_ + "/" + printable(path) + ": " + std::strerror(error));
}

}  // namespace docteur
