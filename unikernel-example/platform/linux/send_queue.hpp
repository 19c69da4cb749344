#pragma once
// Bytes that wait to be sent, in one block of memory that grows to kMost at most. append() throws std::bad_alloc; the
// guest's receive_queue reports that instead.

#include <algorithm>
#include <cstring>
#include <memory>

#include "object/bytes.hpp"

namespace docteur::cache_vm::on_linux {

class send_queue {
 public:
  static constexpr std::size_t kMost = 64 << 10;  // bytes

  [[nodiscard]] bytes view() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }  // bytes of memory
  [[nodiscard]] std::size_t room() const noexcept { return kMost - size(); }

  // `from.size()` must be at most room().
  void append(bytes from) {
    if (from.empty()) return;
    if (capacity_ - end_ < from.size()) make_room(from.size());
    std::memcpy(data_.get() + end_, from.data(), from.size());
    end_ += from.size();
  }
  void drop_front(std::size_t n) noexcept {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Frees the memory of an empty queue if it is much.
  void settle() noexcept {
    if (size() > 0 || capacity_ <= kKept) return;
    data_.reset();
    capacity_ = 0;
  }

 private:
  static constexpr std::size_t kLeast = 2 << 10;
  static constexpr std::size_t kKept = 16 << 10;

  void make_room(std::size_t n) {
    const std::size_t all = size() + n;
    if (all > capacity_) {
      const std::size_t capacity = std::min(kMost, std::max({all, 2 * capacity_, kLeast}));
      auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
      if (size() > 0) std::memcpy(larger.get(), data_.get() + begin_, size());
      data_ = std::move(larger);
      capacity_ = capacity;
    } else {
      std::memmove(data_.get(), data_.get() + begin_, size());
    }
    end_ = size();
    begin_ = 0;
  }

  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace docteur::cache_vm::on_linux
