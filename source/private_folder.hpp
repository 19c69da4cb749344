#pragma once
// A temporary folder that nobody else can look into, and that goes away with its object. Hosted, POSIX.

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "object/failure.hpp"

namespace docteur {

class private_folder {
 public:
  // A new folder of mode 0700 below TMPDIR (or /tmp), by its absolute path.
  [[nodiscard]] static outcome<private_folder> create();
  private_folder(private_folder&& other) noexcept;
  private_folder& operator=(private_folder&&) = delete;
  // Removes it and all that is in it. Programs that write into it must have ended.
  ~private_folder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  // Bytes of the files below a folder in it, at any depth; of those whose name ends so.
  [[nodiscard]] std::uint64_t size(const std::filesystem::path& below = {}, std::string_view ending = {}) const;
  // A new file of mode 0600 with `content`.
  [[nodiscard]] outcome<void> write(const std::filesystem::path& below, std::string_view content) const;

 private:
  explicit private_folder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace docteur
