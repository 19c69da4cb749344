#pragma once
// Content in memory, as a stream. Hosted.

#include <algorithm>
#include <utility>
#include <vector>

#include "object/byte_stream.hpp"

namespace docteur {

class memory_stream final : public byte_stream {
 public:
  explicit memory_stream(std::vector<std::byte> content) : content_(std::move(content)) {}
  outcome<std::size_t> read(mutable_bytes out) override {
    const std::size_t n = std::min(out.size(), content_.size() - at_);
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(at_), n, out.begin());
    at_ += n;
    return n;
  }

 private:
  std::vector<std::byte> content_;
  std::size_t at_ = 0;
};

}  // namespace docteur
