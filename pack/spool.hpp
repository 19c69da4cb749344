#pragma once
// An unnamed temporary file, which disappears with the process, however it ends. Safe from many threads. Hosted.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/unique_fd.hpp"
#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

class spool {
 public:
  // Creates a file in `directory`, or in temporary_folder() if that is empty. All failures here blame the environment.
  [[nodiscard]] static outcome<std::unique_ptr<spool>> create(const std::filesystem::path& directory);
  spool(const spool&) = delete;
  spool& operator=(const spool&) = delete;

  // Appends `data` and returns its offset in the file.
  [[nodiscard]] outcome<std::uint64_t> append(bytes data);
  [[nodiscard]] std::uint64_t size() const noexcept { return end_.load(std::memory_order_relaxed); }  // bytes
  // Fills all of `out` from the bytes at `offset`, or fails.
  [[nodiscard]] outcome<void> read(std::uint64_t offset, mutable_bytes out) const;

 private:
  explicit spool(unique_fd fd) : fd_(std::move(fd)) {}

  unique_fd fd_;
  std::atomic<std::uint64_t> end_{0};
};

}  // namespace docteur
