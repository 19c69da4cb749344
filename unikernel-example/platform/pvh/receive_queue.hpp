#pragma once
// Received bytes that wait for the application: copied in, copied out, in order. Memory is kept only while there are
// some. append() runs in lwIP's callbacks, so it reports a lack of memory; Linux's send_queue throws.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

#include "object/bytes.hpp"

namespace docteur::cache_vm::pvh {

class receive_queue {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }

  // False without memory; the queue is then unchanged.
  [[nodiscard]] bool append(bytes from) noexcept {
    if (from.size() > capacity_ - end_ && !make_room(from.size())) return false;
    if (!from.empty()) std::memcpy(memory_.get() + end_, from.data(), from.size());
    end_ += from.size();
    return true;
  }

  // Moves as many bytes as possible to `into`; returns their number.
  [[nodiscard]] std::size_t take(mutable_bytes into) noexcept {
    const std::size_t n = std::min(into.size(), size());
    if (n > 0) std::memcpy(into.data(), memory_.get() + begin_, n);
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == 0 && capacity_ > kKept) {
      memory_.reset();
      capacity_ = 0;
    }
    return n;
  }

 private:
  static constexpr std::size_t kKept = 1024;  // bytes of memory that an empty queue keeps

  [[nodiscard]] bool make_room(std::size_t more) noexcept {
    if (size() + more <= capacity_) {
      if (begin_ < end_) std::memmove(memory_.get(), memory_.get() + begin_, size());
    } else {
      const std::size_t capacity = std::max(kKept, std::bit_ceil(size() + more));
      std::unique_ptr<std::byte[]> larger(new (std::nothrow) std::byte[capacity]);
      if (larger == nullptr) return false;
      if (size() > 0) std::memcpy(larger.get(), memory_.get() + begin_, size());
      memory_ = std::move(larger);
      capacity_ = capacity;
    }
    end_ = size();
    begin_ = 0;
    return true;
  }

  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace docteur::cache_vm::pvh
