#pragma once
// An unnamed temporary file that goes away with the process, however it ends. Hosted; safe from many threads.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

class spool {
 public:
  // In `directory`, or temporary_folder() when it is empty.
  [[nodiscard]] static outcome<std::unique_ptr<spool>> create(const std::filesystem::path& directory);
  ~spool();
  spool(const spool&) = delete;
  spool& operator=(const spool&) = delete;

  // Returns where `data` begins in the file.
  [[nodiscard]] outcome<std::uint64_t> append(bytes data);
  // Fills all of `out` or fails.
  [[nodiscard]] outcome<void> read(std::uint64_t offset, mutable_bytes out) const;

 private:
  explicit spool(int fd) : fd_(fd) {}

  int fd_;
  std::atomic<std::uint64_t> end_{0};
};

}  // namespace docteur
