#pragma once
// A file of tables, read one range at a time: nothing is mapped, so a file that shrinks is an error. A file that is
// used often is kept in memory if the budget allows (source_memory::tables). Hosted; all functions are safe from many
// threads.

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "source/objects/pooled_file.hpp"
#include "source/objects/source_memory.hpp"

namespace docteur {

class table_file {
 public:
  // Opens `path`; errors as pooled_file::open().
  [[nodiscard]] static object_result<std::unique_ptr<table_file>> open(const std::string& path);
  // A table that is in memory from the start.
  explicit table_file(std::vector<std::byte> content);
  table_file(const table_file&) = delete;
  table_file& operator=(const table_file&) = delete;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes
  // `size` bytes at `at`: in memory that lives as long as this object, or copied to the front of `room`, which has at
  // least `size` bytes. A range that leaves the file is damaged.
  [[nodiscard]] object_result<bytes> get(std::uint64_t at, std::size_t size, mutable_bytes room) const;

 private:
  explicit table_file(std::shared_ptr<const pooled_file> file) : file_(std::move(file)), size_(file_->size()) {}
  void hold() const;

  std::shared_ptr<const pooled_file> file_;
  std::uint64_t size_;
  mutable std::atomic<std::uint32_t> asked_{0};
  mutable std::atomic<const std::byte*> held_{nullptr};  // of content_, once it is complete
  mutable std::mutex guard_;                             // of the two below
  mutable std::vector<std::byte> content_;
  mutable memory_share share_{source_memory::shared().tables};
};

}  // namespace docteur
