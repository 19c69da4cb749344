#pragma once
// Reads any range of one blob. Reading forward inflates it only once, in memory of fixed size. Guest-safe.
//
// A large blob that is not a delta is inflated as it is read; ranges of a stored one are read straight from the device,
// and with restart points a jump costs at most one interval. Any other blob is rebuilt whole when it is opened.
//
// A stream is bound neither to the reader that opened it nor to a thread: any thread may read it, one at a time. The
// device, the memory and the restart points must outlive it.

#include <cstdint>

#include "layout/restart_section.hpp"
#include "reader/object_reader.hpp"
#include "reader/restart_index.hpp"

namespace docteur {

class blob_stream {
 public:
  // `offset`: of the blob's entry, from the start of the PACK. The device and the memory are those of `objects`.
  // Errors: wrong_kind if the object is not a blob.
  [[nodiscard]] static result<blob_stream> open(object_reader& objects, const restart_index& restarts,
                                                std::uint64_t offset) noexcept {
    return open(objects, restarts, offset, objects.bounds().streamed_blob);
  }
  // The same, but a blob of at least `streamed_from` bytes that is not a delta is inflated as it is read.
  [[nodiscard]] static result<blob_stream> open(object_reader& objects, const restart_index& restarts,
                                                std::uint64_t offset, std::uint64_t streamed_from) noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes of content

  // Fills `out` with the content at byte `at`; the range must be inside size(). The content is not checked against the
  // blob's id, which would take all of it. Errors: out_of_range, the device's, those of a damaged stream.
  [[nodiscard]] result<done> read(std::uint64_t at, mutable_bytes out) noexcept;
  // The same for at most `most` bytes, to the front of `room`, for a caller that will continue. Returns the number of
  // bytes read, 0 only at the end or if `room` is empty. A stored blob takes one read of the device, which includes the
  // headers between its blocks (5 bytes every 32 KiB): with that much additional room all `most` bytes fit.
  [[nodiscard]] result<std::size_t> read_some(std::uint64_t at, std::size_t most, mutable_bytes room) noexcept;

 private:
  blob_stream(const object_reader& objects, const restart_index& restarts) noexcept
      : device_(objects.disk()), memory_(objects.allocator()), restarts_(&restarts) {}
  [[nodiscard]] bool is_stored() const noexcept { return !is_whole_ && has_restart_ && restart_.stored; }
  [[nodiscard]] result<std::size_t> read_stored(std::uint64_t at, std::uint64_t most,
                                                mutable_bytes room) const noexcept;
  [[nodiscard]] result<done> seek(std::uint64_t at) noexcept;
  [[nodiscard]] result<done> inflate(mutable_bytes out) noexcept;
  [[nodiscard]] result<done> refill() noexcept;

  device device_;
  memory memory_;
  const restart_index* restarts_;
  std::uint64_t size_ = 0;
  bool is_whole_ = false;
  owned_array<std::byte> whole_;  // the content, if it was rebuilt whole

  std::uint64_t stream_start_ = 0;  // of the zlib stream, bytes from the start of the device
  std::uint64_t stream_limit_ = 0;  // the stream ends here or before
  bool has_restart_ = false;
  restart_record restart_{};

  inflate_stream inflate_;
  bool inflating_ = false;
  std::uint64_t content_at_ = 0;  // the next byte of content that inflate_ returns
  std::uint64_t device_at_ = 0;   // the next byte to be read from the device into input_
  owned_array<std::byte> input_;
  bytes pending_;  // the part of input_ or of the mapped device that inflate_ has not consumed
};

}  // namespace docteur
