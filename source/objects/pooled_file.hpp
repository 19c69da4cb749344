#pragma once
// Many files with few descriptors: a process-wide pool opens a file when it is read and closes those not read for a
// while. Hosted, POSIX; all functions are safe from many threads.

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
  // Opens `path` as open_regular() does, with its errors. It is a fault if the file has been replaced, or has another
  // size, when it is opened again.
  [[nodiscard]] static object_result<std::shared_ptr<const pooled_file>> open(const std::string& path);
  pooled_file(const pooled_file&) = delete;
  pooled_file& operator=(const pooled_file&) = delete;
  ~pooled_file();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes, when first opened

  // Fills all of `out` from offset `at`. A file that ends before that is damaged.
  [[nodiscard]] object_result<void> read(std::uint64_t at, mutable_bytes out) const;

 private:
  friend class descriptor_pool;
  explicit pooled_file(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  // Set when first opened, before any other thread has it.
  mutable std::optional<file_identity> identity_;
  mutable std::uint64_t size_ = 0;
  // The pool's kOpen and the number of reads in progress.
  mutable std::atomic<std::uint32_t> state_{0};
  mutable std::atomic<bool> is_recent_{false};
  mutable int fd_ = -1;            // written by the pool while no thread reads
  mutable std::size_t place_ = 0;  // in the pool's list; under its lock
};

// The most descriptors that the pool keeps open: half of RLIMIT_NOFILE, but at most 1,024. More are open only while
// that many reads are in progress.
[[nodiscard]] std::size_t most_pooled_descriptors() noexcept;

}  // namespace docteur
