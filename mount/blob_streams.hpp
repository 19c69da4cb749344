#pragma once
// One large blob, read by many threads at many places. Hosted.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "reader/image_reader.hpp"

namespace docteur {

class blob_streams {
 public:
  explicit blob_streams(const node& of) noexcept : node_(of) {}

  // Fills `out` with the content at byte `at`, a range inside the blob. `with` opens streams; it is used during the
  // call only. A request that continues another waits for its stream, because starting at a distant place costs more.
  // The content is not compared with its id. Errors: those of image_reader::open() and blob_stream::read().
  [[nodiscard]] result<done> read(image_reader& with, std::uint64_t at, mutable_bytes out);

 private:
  struct place {
    explicit place(blob_stream&& from) noexcept : stream(std::move(from)) {}
    blob_stream stream;
    std::uint64_t next = 0;  // the byte after the last one read, or being read
    bool busy = true;
  };
  [[nodiscard]] result<place*> take(image_reader& with, std::uint64_t at, std::uint64_t end);

  node node_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<place>> places_;
  std::size_t opening_ = 0;
};

}  // namespace docteur
