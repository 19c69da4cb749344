#pragma once
// A temporary file that only its owner can read, for programs that need a path. Hosted, POSIX.

#include <string>

#include "base/leftover.hpp"
#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

class private_file {
 public:
  // In temporary_folder().
  [[nodiscard]] static outcome<private_file> create(bytes content);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  private_file() = default;
  std::string path_;
  leftover file_;
};

}  // namespace docteur
