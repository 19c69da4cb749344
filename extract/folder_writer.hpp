#pragma once
// Makes folders, files and links below one folder, by paths from an image. Hosted, POSIX; one for each thread.
//
// Nothing on the way to a name is followed if it is a symbolic link, and nothing is replaced: whatever the names are,
// all that is made is below the folder.

#include <string>
#include <string_view>

#include "extract/new_file.hpp"

namespace docteur {

class folder_writer {
 public:
  // `root` must outlive this. `shown`: the folder, for messages.
  folder_writer(int root, std::string shown) : root_(root), shown_(std::move(shown)) {}

  // `path`: '/'-separated, without "." and ".."; its folder was made before.
  [[nodiscard]] outcome<void> make_folder(std::string_view path);
  [[nodiscard]] outcome<void> make_link(std::string_view path, const std::string& target,
                                        const std::optional<timespec>& modified);
  [[nodiscard]] outcome<new_file> make_file(std::string_view path, mode_t mode);
  // Of a folder, when nothing will be put into it any more.
  [[nodiscard]] outcome<void> set_time(std::string_view path, const timespec& modified);

 private:
  struct place {
    int folder;
    std::string name;
  };
  [[nodiscard]] outcome<place> find(std::string_view path);
  [[nodiscard]] tl::unexpected<failure> failed(std::string_view path, int error) const;

  int root_;
  std::string shown_;
  std::string last_;  // path of the folder that was used last
  unique_fd last_fd_;
};

}  // namespace docteur
