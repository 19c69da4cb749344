#pragma once
// The image as it is written: under its name only when it is complete. Hosted, POSIX.
//
// A file appears as base/atomic_file.hpp says. A device is written in place: its header is cleared before anything
// else, and written after all the rest was synced.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "base/unique_fd.hpp"
#include "layout/image_header.hpp"
#include "object/byte_sink.hpp"
#include "source/folder/folder_scan.hpp"

namespace docteur {

class output_file final : public byte_sink {
 public:
  // Behind the symbolic links of `target`: what does not exist or is a file will be replaced; a device is opened at
  // once (refused while it is mounted) and keeps its bytes until the first of ours are written. Fails with
  // blame::usage for folders, FIFOs and sockets.
  [[nodiscard]] static outcome<std::unique_ptr<output_file>> create(const std::filesystem::path& target);

  // Appends behind the room for the header.
  [[nodiscard]] outcome<void> write(bytes data) override;
  [[nodiscard]] outcome<void> write_zeros(std::uint64_t count);
  // Bytes so far, the header's included.
  [[nodiscard]] std::uint64_t size() const noexcept { return base_ + buffer_.size(); }

  // A folder on whose file system a large temporary file is welcome; empty: no opinion.
  [[nodiscard]] std::filesystem::path spool_directory() const;
  // What a folder that is made an image of may hold of this file: the one that is replaced, and the one that is
  // written.
  [[nodiscard]] std::vector<excluded_file> not_content() const;

  // All but the header of a device and the name of a file. Whatever is behind the image on a device is zeroed: it
  // belongs to the image's last block.
  [[nodiscard]] outcome<void> complete(const image_header& header);
  // SHA-256 of the completed image, as sha256sum(1) prints it; nullopt where a device can only be written.
  [[nodiscard]] std::optional<std::string> sha256() const;
  // Of the completed image: from here on it is there, synced. On failure what was there before still is, but on a
  // device.
  [[nodiscard]] outcome<void> publish();

 private:
  output_file() = default;
  outcome<void> open_device(const std::filesystem::path& target);
  outcome<void> flush();
  outcome<void> put(bytes data, std::uint64_t at);
  outcome<void> sync();
  outcome<void> zero_device_tail();
  [[nodiscard]] int fd() const noexcept { return file_ ? file_->get() : device_.get(); }
  [[nodiscard]] tl::unexpected<failure> failed(int error) const;

  std::string shown_;
  std::optional<atomic_file> file_;  // or
  unique_fd device_;
  std::uint64_t capacity_ = 0;  // of a block device, bytes; 0: no bound
  std::uint64_t base_ = 0;      // offset of buffer_[0] in the file
  std::vector<std::byte> buffer_;
  image_header_bytes header_{};  // of the completed image
};

}  // namespace docteur
