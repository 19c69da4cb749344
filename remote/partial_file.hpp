#pragma once
// A file that is filled in any order, and goes on where it ended, whatever ended it. Hosted, Linux.
//
// Until it is complete it is FILE.partial. Beside it, FILE.partial.map says of which version it is, and has a character
// for each block of 64 KiB: `.` missing, `w` written, `s` written and synced to the disk. The map never says more than
// the file has: a block is written before its character. After the machine itself stopped, only `s` counts, as the
// system may have written the map and not the block; the map has the boot id for this.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "host/block_list.hpp"
#include "object/bytes.hpp"
#include "object/failure.hpp"
#include "remote/http_verdict.hpp"

namespace docteur {

inline constexpr std::uint64_t kPartialBlock = 64 << 10;  // bytes

// Blocks that hold `size` bytes; the last one may be shorter.
[[nodiscard]] constexpr std::uint64_t partial_blocks(std::uint64_t size) noexcept {
  return (size + kPartialBlock - 1) / kPartialBlock;
}

class partial_file {
 public:
  // Whether there may be a partial file of `target` to go on with.
  [[nodiscard]] static bool is_begun(const std::filesystem::path& target);
  // Removes what there is of it, whoever fills it.
  static void remove(const std::filesystem::path& target);
  // Goes on with the partial file of `target`, if there is one of this size and identity, else starts anew. Symbolic
  // links of `target` are followed. Fails with blame::usage if `target` is no regular file, and with
  // blame::environment: also if another process fills it, or the file system has no room for `size` bytes.
  [[nodiscard]] static outcome<partial_file> open(const std::filesystem::path& target, std::uint64_t size,
                                                  const std::string& identity);
  // An unnamed file in the folder for temporary files, which is gone when it is closed.
  [[nodiscard]] static outcome<partial_file> unnamed(std::uint64_t size);

  // The first run of missing blocks at or behind block `from`, of at most `most` blocks; size 0: there is none.
  [[nodiscard]] byte_range missing(std::uint64_t from, std::uint64_t most) const;
  [[nodiscard]] std::uint64_t present_bytes() const;
  [[nodiscard]] bool has(std::uint64_t block) const;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] bool was_changed() const noexcept { return was_changed_; }  // there was one of another version

  // Writes bytes at `at`. `begin`: where bytes that were written one after another, up to `at`, begin. The blocks that
  // are complete now count as written, and are returned.
  [[nodiscard]] outcome<block_run> write(std::uint64_t begin, std::uint64_t at, bytes piece);
  // The two halves of that, for whoever knows better which blocks are complete. To be called from several threads, not
  // for the same bytes and blocks.
  [[nodiscard]] outcome<void> put_bytes(std::uint64_t at, bytes piece);
  [[nodiscard]] outcome<void> mark(block_run complete);
  // A block counts as missing again. While nothing is written.
  [[nodiscard]] outcome<void> forget(std::uint64_t block);
  // Makes what was written last. To be called from any thread.
  [[nodiscard]] outcome<void> sync();

  // Bytes from `at` on, which were written.
  [[nodiscard]] outcome<void> read(std::uint64_t at, mutable_bytes out) const;
  // A path to read the content from, for this process.
  [[nodiscard]] std::string path() const;
  // Gives the complete file its name; what had it before is replaced, and its permissions stay.
  [[nodiscard]] outcome<void> publish();
  // Removes it: the next open() starts anew.
  void discard() noexcept;

 private:
  partial_file() = default;
  outcome<void> open_data();
  outcome<void> open_map(const std::string& identity);
  outcome<void> start_anew(const std::string& head);
  outcome<void> put(const unique_fd& to, bytes piece, std::uint64_t at, const std::filesystem::path& name) const;
  [[nodiscard]] std::filesystem::path partial() const;
  [[nodiscard]] std::filesystem::path map() const;
  [[nodiscard]] static tl::unexpected<failure> failed(const std::filesystem::path& name, int error);

  std::filesystem::path target_;  // no symbolic link; empty: unnamed
  std::filesystem::path shown_;   // what messages name when writing fails
  std::uint64_t size_ = 0;
  unique_fd data_;
  unique_fd map_;
  std::vector<char> blocks_;  // as in the map; written by the thread that writes, read by it and by sync()
  bool was_changed_ = false;
};

}  // namespace docteur
