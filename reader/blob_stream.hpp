#pragma once
// Any range of one blob, forward at the price of inflating it once, in memory that does not grow with it. Guest-safe.
//
// A large blob that is not a delta is inflated as it is read; ranges of a stored one are read straight from the device,
// and with restart points a jump costs at most one interval. Any other blob is built whole when it is opened.
//
// A stream is bound neither to the reader that opened it nor to a thread: any thread may read it, one at a time. It
// stands on the device, the memory and the restart points, which must outlive it.

#include <cstdint>

#include "layout/restart_section.hpp"
#include "reader/object_reader.hpp"
#include "reader/restart_index.hpp"

namespace docteur {

class blob_stream {
 public:
  // `offset`: of the blob's entry, from the start of the PACK. The device and the memory are those of `objects`.
  // Errors: wrong_kind when the object is not a blob.
  [[nodiscard]] static result<blob_stream> open(object_reader& objects, const restart_index& restarts,
                                                std::uint64_t offset) noexcept {
    return open(objects, restarts, offset, objects.bounds().streamed_blob);
  }
  // The same, but a blob of `streamed_from` bytes and more that is no delta is inflated as it is read.
  [[nodiscard]] static result<blob_stream> open(object_reader& objects, const restart_index& restarts,
                                                std::uint64_t offset, std::uint64_t streamed_from) noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes of content

  // Fills `out` with the content from byte `at` on; the range must be inside size(). What is read is not checked
  // against the blob's id: that takes all of it.
  [[nodiscard]] result<done> read(std::uint64_t at, mutable_bytes out) noexcept;
  // The same, of at most `most` bytes, into the front of `room`: for a caller that reads on. Returns how many there are
  // now, none only at the end or without room. A stored blob is read by one read of the device, along with what is
  // between its blocks (5 bytes every 32 KiB): with that much more room all `most` bytes fit.
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
  owned_array<std::byte> whole_;  // the content, when it was built whole

  std::uint64_t stream_start_ = 0;  // of the zlib stream, bytes from the start of the device
  std::uint64_t stream_limit_ = 0;  // where it ends at the latest
  bool has_restart_ = false;
  restart_record restart_{};

  inflate_stream inflate_;
  bool inflating_ = false;
  std::uint64_t content_at_ = 0;  // next byte of content that inflate_ gives
  std::uint64_t device_at_ = 0;   // next byte that input_ gets from the device
  owned_array<std::byte> input_;
  bytes pending_;  // of input_ or of the mapped device: what inflate_ has not seen
};

}  // namespace docteur
