#pragma once
// A loose object: a zlib stream of "<type> <size>\0" and the content (`git help gitrepository-layout`, objects/).
// Hosted; all functions are safe from many threads.

#include <memory>
#include <string>
#include <vector>

#include "source/object_fault.hpp"
#include "source/unique_fd.hpp"

namespace docteur {

class loose_file {
 public:
  // Of the folder `objects`. The fault says missing when there is no such file.
  [[nodiscard]] static object_result<loose_file> open(const std::string& objects, const oid& id);

  [[nodiscard]] object_type type() const noexcept { return type_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes of content
  // Replaces `out`.
  [[nodiscard]] object_result<void> read(std::vector<std::byte>& out) const;
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_stream() const;

 private:
  loose_file() = default;
  unique_fd fd_;
  std::uint64_t file_size_ = 0;    // bytes
  std::uint64_t header_size_ = 0;  // bytes, with its NUL
  object_type type_{};
  std::uint64_t size_ = 0;
};

}  // namespace docteur
