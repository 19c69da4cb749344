#pragma once
// The file or block device that an image is written to. Hosted, POSIX.
//
// A file gets its name only when the image is complete (base/atomic_file.hpp). A device is written in place: its header
// is cleared before anything else, and written after all the rest was synced.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "base/unique_fd.hpp"
#include "builder/block_digests.hpp"
#include "layout/image_header.hpp"
#include "object/byte_sink.hpp"
#include "object/result.hpp"
#include "source/folder/folder_scan.hpp"

namespace docteur {

class output_file final : public byte_sink {
 public:
  // Follows symbolic links from `target`. A file is created, or replaced by publish(). A device is opened at once and
  // keeps its content until the first flush of written bytes. Fails with blame::usage for folders, FIFOs and sockets,
  // and with blame::environment for a device that is mounted, and for errors of the system.
  [[nodiscard]] static outcome<std::unique_ptr<output_file>> create(const std::filesystem::path& target);

  // Appends `data`; the first bytes go behind the room for the header. Fails when there is no more room, or the system
  // does.
  [[nodiscard]] outcome<void> write(bytes data) override;
  [[nodiscard]] outcome<void> write_zeros(std::uint64_t count);
  // Fills `out` with bytes that were written, from `at`, behind the header. Errors: io, truncated.
  [[nodiscard]] result<done> read_back(std::uint64_t at, mutable_bytes out) const noexcept;
  // Bytes so far, with the header.
  [[nodiscard]] std::uint64_t size() const noexcept { return base_ + buffer_.size(); }

  // A folder on a file system that has room for a large temporary file: the one of the image. Empty for a device.
  [[nodiscard]] std::filesystem::path spool_directory() const;
  // Whether the image is written to a block device, and `path` names the same.
  [[nodiscard]] bool is_device(const std::filesystem::path& path) const;
  // The files of this image that are to be left out if they are in the folder that it is made of: the one that is
  // replaced and the one that is being written.
  [[nodiscard]] std::vector<excluded_file> not_content() const;

  // Returns the SHA-256 of each block of the image, with this header (block_digests::finish). To be called once, when
  // all is written but what overwrite() replaces.
  [[nodiscard]] outcome<std::vector<std::byte>> digests(const image_header& header);
  // Replaces bytes that were written before the call of digests().
  [[nodiscard]] outcome<void> overwrite(std::uint64_t at, bytes data) { return put(data, at); }
  // Writes everything but the header of a device and the name of a file. On a device, all bytes behind the image are
  // zeroed: verifying a device checks them, too. No write() may follow.
  [[nodiscard]] outcome<void> complete(const image_header& header);
  // Returns the SHA-256 of the completed image, in hexadecimal as sha256sum(1) prints it; nullopt if it cannot be read
  // back.
  [[nodiscard]] std::optional<std::string> sha256() const;
  // Gives a completed file its name, or a device its header, synced. If it fails, the file that had the name before is
  // still there; the old content of a device is lost.
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
  std::optional<atomic_file> file_;  // empty: the image is written to device_
  unique_fd device_;
  std::uint64_t capacity_ = 0;  // bytes of a block device; 0: no bound
  std::uint64_t base_ = 0;      // offset of buffer_[0] in the file
  std::vector<std::byte> buffer_;
  block_digests digests_;        // of what was flushed
  image_header_bytes header_{};  // of the completed image
};

}  // namespace docteur
