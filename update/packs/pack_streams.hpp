#pragma once
// Update packs in files and pipes. Hosted, POSIX.

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include <unistd.h>

#include "base/whole_io.hpp"
#include "object/byte_sink.hpp"
#include "object/byte_stream.hpp"

namespace docteur {

// Appends to a file from its start on. `shown`: its name, for messages.
class descriptor_sink final : public byte_sink {
 public:
  descriptor_sink(int fd, std::string shown) : fd_(fd), shown_(std::move(shown)) {}
  outcome<void> write(bytes data) override {
    if (!write_whole(fd_, size_, data)) return give_up(blame::environment, shown_ + ": " + std::strerror(errno));
    size_ += data.size();
    return {};
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  int fd_;
  std::string shown_;
  std::uint64_t size_ = 0;
};

// Reads what is at a descriptor, which may be a pipe, from where it is.
class descriptor_stream final : public byte_stream {
 public:
  descriptor_stream(int fd, std::string shown) : fd_(fd), shown_(std::move(shown)) {}
  outcome<std::size_t> read(mutable_bytes out) override {
    for (;;) {
      const ssize_t n = ::read(fd_, out.data(), out.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return give_up(blame::environment, shown_ + ": " + std::strerror(errno));
      return static_cast<std::size_t>(n);
    }
  }

 private:
  int fd_;
  std::string shown_;
};

}  // namespace docteur
