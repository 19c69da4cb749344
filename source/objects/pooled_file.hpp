#pragma once
// Files that stay usable with few descriptors: a process-wide pool opens them when they are read and closes those that
// were not read for a while. Hosted, POSIX; all functions are safe from many threads.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/beneath.hpp"
#include "object/bytes.hpp"
#include "source/objects/object_fault.hpp"

namespace docteur {

class pooled_file {
 public:
  // Opens `path` as open_regular() does, with its errors. The file keeps its name and identity: one that is replaced,
  // or has another size, when it is opened again is a fault.
  [[nodiscard]] static object_result<std::shared_ptr<const pooled_file>> open(const std::string& path);
  pooled_file(const pooled_file&) = delete;
  pooled_file& operator=(const pooled_file&) = delete;
  ~pooled_file();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes, when it was opened first

  // Fills all of `out` from offset `at`. A file that ends before that is damaged.
  [[nodiscard]] object_result<void> read(std::uint64_t at, mutable_bytes out) const;

 private:
  friend class descriptor_pool;
  explicit pooled_file(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  // Set when it is opened first, before anybody else knows it.
  mutable std::optional<file_identity> identity_;
  mutable std::uint64_t size_ = 0;
  // kOpen of the pool and the number of reads that go on.
  mutable std::atomic<std::uint32_t> state_{0};
  mutable std::atomic<bool> is_recent_{false};
  mutable int fd_ = -1;            // written by the pool while no thread reads
  mutable std::size_t place_ = 0;  // in the pool's list; under its lock
};

// How many descriptors the pool keeps open at most: half of RLIMIT_NOFILE, 1,024 at most. More are open only while
// as many reads go on at once.
[[nodiscard]] std::size_t most_pooled_descriptors() noexcept;

}  // namespace docteur
