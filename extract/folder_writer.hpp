#pragma once
// Makes folders, files and links below one folder, at paths from an image. Hosted, POSIX; each thread needs its own.
//
// No symbolic link is followed and nothing is replaced, so everything stays below the folder, whatever the names are.

#include <string>
#include <string_view>

#include "extract/new_file.hpp"

namespace docteur {

class folder_writer {
 public:
  // `root` must outlive this object. `shown`: the folder, for messages.
  folder_writer(int root, std::string shown) : root_(root), shown_(std::move(shown)) {}

  // `path`: '/'-separated, without "." and ".."; its folder must exist.
  [[nodiscard]] outcome<void> make_folder(std::string_view path);
  [[nodiscard]] outcome<void> make_link(std::string_view path, const std::string& target,
                                        const std::optional<timespec>& modified);
  [[nodiscard]] outcome<new_file> make_file(std::string_view path, mode_t mode);
  // Sets a folder's modification time, once its content is complete.
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
