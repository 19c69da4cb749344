#pragma once
// A temporary file that only we can read, for programs that want a name. Hosted, POSIX.

#include <string>

#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

class private_file {
 public:
  // In TMPDIR, else /tmp.
  [[nodiscard]] static outcome<private_file> create(bytes content);
  private_file(private_file&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  private_file& operator=(private_file&&) = delete;
  ~private_file();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  explicit private_file(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace docteur
