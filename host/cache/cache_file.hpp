#pragma once
// The file that keeps the blocks of one version of one image (doc/CACHE.md). Used by any number of threads and
// processes. Hosted, Linux.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "host/cache/cache_folder.hpp"
#include "host/cache/cache_io.hpp"
#include "host/cache/cache_layout.hpp"

namespace docteur {

class cache_file {
 public:
  // Opens the file of that image in the folder; makes it if it is missing, and anew if it is not good. Where nothing
  // can be written (a read-only file system, a limit on the length of files) a file that is there is only read. Counts
  // as a use. `boot`: as kernel_boot(). Fails with blame::environment.
  [[nodiscard]] static outcome<std::unique_ptr<cache_file>> open(const cache_folder& folder, const cache_header& header,
                                                                 std::string_view boot);
  // The same for a file that is there, by its name in the folder: never makes one and counts as no use.
  [[nodiscard]] static outcome<std::unique_ptr<cache_file>> open_existing(const cache_folder& folder,
                                                                          const std::string& file,
                                                                          std::string_view boot);

  [[nodiscard]] const cache_header& header() const noexcept { return header_; }
  [[nodiscard]] bool is_writable() const noexcept { return writable_; }
  // Whether open() found a file that was not good in its place.
  [[nodiscard]] bool has_replaced() const noexcept { return replaced_; }

  // The records of `n` blocks from `block` on; absent where they cannot be read.
  [[nodiscard]] std::vector<block_record> records(std::uint64_t block, std::uint64_t n) const;
  // Reads the neighbouring blocks from `block` on into `out`, which has exactly their size, and compares each with its
  // record. Returns how many of them, from the first on, are good; the rest of `out` is arbitrary.
  [[nodiscard]] std::uint64_t read(std::uint64_t block, const std::vector<block_record>& kept, mutable_bytes out) const;

  // Locks up to `n` blocks from `block` on against other processes, as many neighbours as are free, and returns their
  // number. While another holds the first one, waits for it, but no longer than `patience` milliseconds: a process that
  // was stopped must not stop others. Then it returns 0, and the caller goes on without a lock.
  [[nodiscard]] std::uint64_t lock(std::uint64_t block, std::uint64_t n, unsigned patience) const;
  void unlock(std::uint64_t block, std::uint64_t n) const noexcept { unlock_blocks(fd_.get(), block, n); }

  // Keeps neighbouring blocks from `block` on; `data` is all of them. Their bytes are written first, then the records.
  // `error`: 0, or the errno value of the first failure; `blocks` were kept by then.
  struct keeping {
    std::uint64_t blocks = 0;
    int error = 0;
  };
  [[nodiscard]] keeping keep(std::uint64_t block, bytes data);
  // Forgets a block.
  void forget(std::uint64_t block) noexcept;
  // Syncs what this object has kept, then says so in the records. Returns 0, or the errno value: then those blocks are
  // forgotten, as the system may have dropped their bytes. Returns at once while another thread does it.
  [[nodiscard]] int sync();
  // Bytes that this object has kept and not synced.
  [[nodiscard]] std::uint64_t unsynced() const;

  struct census {
    std::uint64_t kept = 0;      // blocks with a record
    std::uint64_t doubtful = 0;  // of these
  };
  [[nodiscard]] census count() const;
  // Compares every kept block with its record (`doubtful_only`: only those in doubt). `bad` gets the others, in order;
  // `repair`: they are forgotten, and good ones in doubt are so no more. Blocks that are written meanwhile are left
  // out.
  [[nodiscard]] census check(bool doubtful_only, bool repair, std::vector<std::uint64_t>& bad);

 private:
  cache_file(unique_fd fd, const cache_header& header, std::string_view boot, bool writable)
      : fd_(std::move(fd)), header_(header), coder_(header, boot), writable_(writable) {}
  enum class refusal { absent, busy, bad, failed };
  struct attempt;
  static attempt try_open(const cache_folder& folder, const std::string& file, std::string_view boot);
  [[nodiscard]] bool write_records(std::uint64_t block, const std::vector<block_record>& records) const;
  void settle(std::vector<std::uint64_t> blocks, bool synced);

  unique_fd fd_;
  cache_header header_;
  record_coder coder_;
  bool writable_;
  bool replaced_ = false;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> unsynced_;  // blocks
  std::mutex syncing_;
};

}  // namespace docteur
