#pragma once
// A growing text. Unlike std::string, it does not fill new room before it is written.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace docteur::cache_vm {

class text_buffer {
 public:
  [[nodiscard]] std::string_view view() const noexcept { return {data_.get(), size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  void clear() noexcept { size_ = 0; }  // keeps the memory

  // Room for the next `n` characters, all of which the caller writes; valid until the next call.
  [[nodiscard]] char* extend(std::size_t n) {
    if (capacity_ - size_ < n) grow(n);
    return data_.get() + std::exchange(size_, size_ + n);
  }
  void append(std::string_view text) {
    char* to = extend(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
  }

 private:
  static constexpr std::size_t kLeast = 512;  // bytes: most heads are smaller

  void grow(std::size_t n) {
    const std::size_t capacity = std::max({size_ + n, 2 * capacity_, kLeast});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace docteur::cache_vm
