#pragma once
// The image as it is written: under its name only when it is complete. Hosted, POSIX.
//
// A file is made without a name in the target's folder and gets its name when it is whole and synced: nothing stays
// behind whatever ends the program. Where the file system cannot do that, it has a name of its own beside the target,
// which is removed on every way out but SIGKILL. A device is written in place: its header is cleared before anything
// else, and written after all the rest was synced.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "layout/image_header.hpp"
#include "object/byte_sink.hpp"
#include "source/unique_fd.hpp"

namespace docteur {

class output_file final : public byte_sink {
 public:
  // Behind the symbolic links of `target`: what does not exist or is a file will be replaced; a device is opened at
  // once (refused while it is mounted) and keeps its bytes until the first of ours are written. Fails with
  // blame::usage for folders, FIFOs and sockets.
  [[nodiscard]] static outcome<std::unique_ptr<output_file>> create(const std::filesystem::path& target);

  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file() override;

  // Appends behind the room for the header.
  [[nodiscard]] outcome<void> write(bytes data) override;
  [[nodiscard]] outcome<void> write_zeros(std::uint64_t count);
  // Bytes so far, the header's included.
  [[nodiscard]] std::uint64_t size() const noexcept { return base_ + buffer_.size(); }

  // A folder on whose file system a large temporary file is welcome; empty: no opinion.
  [[nodiscard]] std::filesystem::path spool_directory() const;

  // Header, sync, name. Whatever lies behind the image on a device is zeroed: it belongs to the image's last block.
  [[nodiscard]] outcome<void> finish(const image_header& header);

 private:
  output_file() = default;
  outcome<void> open_device();
  outcome<void> open_file();
  outcome<void> flush();
  outcome<void> put(bytes data, std::uint64_t at);
  outcome<void> sync();
  outcome<void> zero_device_tail();
  outcome<void> give_name();
  [[nodiscard]] tl::unexpected<failure> failed(int error) const;

  std::filesystem::path target_;
  std::string shown_;
  unique_fd folder_;  // of target_; not for a device
  unique_fd fd_;
  std::string temporary_name_;  // in folder_; empty: none
  bool is_device_ = false;
  std::uint64_t capacity_ = 0;  // of a block device, bytes; 0: no bound
  std::uint64_t base_ = 0;      // offset of buffer_[0] in the file
  std::vector<std::byte> buffer_;
};

}  // namespace docteur
