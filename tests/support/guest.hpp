#pragma once
// The memory and devices that a guest passes to the reader; tests can count their uses and make them fail.

#include <cstdlib>
#include <cstring>
#include <vector>

#include "object/device.hpp"
#include "object/memory.hpp"

namespace docteur {

inline constexpr std::size_t kNever = static_cast<std::size_t>(-1);

// Memory that counts allocated blocks, and can fail one allocation or all from it on. Must not be moved.
class counting_memory {
 public:
  counting_memory() = default;
  counting_memory(const counting_memory&) = delete;
  counting_memory& operator=(const counting_memory&) = delete;

  [[nodiscard]] memory handle() noexcept { return {this, take, give_back}; }
  // The next allocation is number 0.
  void fail_at(std::size_t n, bool and_all_later = false) noexcept {
    next_ = 0;
    failing_ = n;
    all_later_ = and_all_later;
  }

  [[nodiscard]] std::size_t allocations() const noexcept { return next_; }
  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_; }  // allocated now
  [[nodiscard]] std::size_t used() const noexcept { return used_; }      // bytes allocated now
  [[nodiscard]] std::size_t peak() const noexcept { return peak_; }
  [[nodiscard]] bool sizes_match() const noexcept { return sizes_match_; }  // of all blocks released

 private:
  // Each block has its size in front, to compare with the size passed to release().
  static constexpr std::size_t kPrefix = alignof(std::max_align_t);

  static void* take(void* self, std::size_t size) noexcept {
    auto& m = *static_cast<counting_memory*>(self);
    const std::size_t n = m.next_++;
    if (n == m.failing_ || (m.all_later_ && n > m.failing_)) return nullptr;
    auto* block = static_cast<std::byte*>(std::malloc(kPrefix + size));
    if (block == nullptr) return nullptr;
    std::memcpy(block, &size, sizeof size);
    ++m.blocks_;
    m.used_ += size;
    m.peak_ = m.used_ > m.peak_ ? m.used_ : m.peak_;
    return block + kPrefix;
  }
  static void give_back(void* self, void* address, std::size_t size) noexcept {
    auto& m = *static_cast<counting_memory*>(self);
    auto* block = static_cast<std::byte*>(address) - kPrefix;
    std::size_t asked = 0;
    std::memcpy(&asked, block, sizeof asked);
    m.sizes_match_ = m.sizes_match_ && asked == size;
    --m.blocks_;
    m.used_ -= asked;
    std::free(block);
  }

  std::size_t next_ = 0;
  std::size_t failing_ = kNever;
  bool all_later_ = false;
  std::size_t blocks_ = 0;
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
  bool sizes_match_ = true;
};

// A device that is not mapped: each read copies, is counted, and may fail. Holds its bytes in a block of exactly their
// size, so that a sanitizer sees a read past them. Must not be moved.
class copying_device {
 public:
  explicit copying_device(bytes data) : data_(data.begin(), data.end()) { data_.shrink_to_fit(); }
  copying_device(const copying_device&) = delete;
  copying_device& operator=(const copying_device&) = delete;

  [[nodiscard]] device handle() noexcept { return {this, data_.size(), read, nullptr}; }
  void fail_at(std::size_t n) noexcept {
    reads_ = 0;
    failing_ = n;
  }
  [[nodiscard]] std::size_t reads() const noexcept { return reads_; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }
  [[nodiscard]] bool stayed_inside() const noexcept { return stayed_inside_; }

 private:
  static result<done> read(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
    auto& d = *static_cast<copying_device*>(self);
    if (d.reads_++ == d.failing_) return fail(errc::io, offset, "this read was to fail");
    if (offset > d.data_.size() || out.size() > d.data_.size() - offset) {
      d.stayed_inside_ = false;
      return fail(errc::io, offset, "read outside the device");
    }
    d.bytes_read_ += out.size();
    std::memcpy(out.data(), d.data_.data() + offset, out.size());
    return done{};
  }

  std::vector<std::byte> data_;
  std::size_t reads_ = 0;
  std::size_t failing_ = kNever;
  std::uint64_t bytes_read_ = 0;
  bool stayed_inside_ = true;
};

}  // namespace docteur
