#pragma once
// A temporary folder that only its owner can open. The destructor removes it with its content; programs that write to
// it must have ended by then. Hosted, POSIX.

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
  // Sum of the sizes, in bytes, of the files below `below`, at any depth, whose names end with `ending`.
  [[nodiscard]] std::uint64_t size(const std::filesystem::path& below = {}, std::string_view ending = {}) const;
  // Creates a file of mode 0600 with `content`.
  [[nodiscard]] outcome<void> write(const std::filesystem::path& below, std::string_view content) const;

 private:
  private_folder() = default;
  std::filesystem::path path_;
  leftover content_;  // and the folder
};

}  // namespace docteur
