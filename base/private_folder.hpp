#pragma once
// A temporary folder that only its owner can open, and that is removed with its object, and all that is in it:
// programs that write into it must have ended. Hosted, POSIX.

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/leftover.hpp"
#include "object/failure.hpp"

namespace docteur {

class private_folder {
 public:
  // A new folder of mode 0700 in temporary_folder(), by its absolute path.
  [[nodiscard]] static outcome<private_folder> create();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  // Bytes of the files below a folder in it, at any depth; of those whose name ends so.
  [[nodiscard]] std::uint64_t size(const std::filesystem::path& below = {}, std::string_view ending = {}) const;
  // A new file of mode 0600 with `content`.
  [[nodiscard]] outcome<void> write(const std::filesystem::path& below, std::string_view content) const;

 private:
  private_folder() = default;
  std::filesystem::path path_;
  leftover content_;  // and the folder
};

}  // namespace docteur
