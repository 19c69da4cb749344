#pragma once
// The only source of memory for guest-safe code: an allocator that the caller passes in.

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "object/result.hpp"

namespace docteur {

// An allocator as a value. `allocate` returns nullptr if memory is exhausted; its result is aligned for any scalar
// type. `release` receives the size that was requested. The allocator must outlive everything allocated from it.
struct memory {
  void* self = nullptr;
  void* (*allocate)(void* self, std::size_t size) noexcept = nullptr;
  void (*release)(void* self, void* block, std::size_t size) noexcept = nullptr;
  // May be absent. Resizes `block` from `old_size` to `size` bytes and keeps its content, perhaps at another address.
  // Returns nullptr if memory is exhausted, and leaves `block` as it was. Neither size is 0.
  void* (*resize)(void* self, void* block, std::size_t old_size, std::size_t size) noexcept = nullptr;
};

// A growable array of trivially copyable T in memory from an allocator. Elements that make() or resize() adds are not
// initialised. Move-only; releases its block when destroyed.
template <class T>
class owned_array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  owned_array() = default;
  explicit owned_array(const memory& from) noexcept : memory_(from) {}
  owned_array(owned_array&& other) noexcept
      : memory_(other.memory_),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  owned_array& operator=(owned_array&& other) noexcept {
    if (this != &other) {
      reset();
      memory_ = other.memory_;
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
      capacity_ = std::exchange(other.capacity_, 0);
    }
    return *this;
  }
  ~owned_array() { reset(); }

  [[nodiscard]] static result<owned_array> make(const memory& from, std::size_t n) noexcept {
    owned_array a(from);
    DOCTEUR_CHECK(a.resize(n));
    return a;
  }

  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] T& back() noexcept { return data_[size_ - 1]; }
  [[nodiscard]] T* begin() noexcept { return data_; }
  [[nodiscard]] T* end() noexcept { return data_ + size_; }
  [[nodiscard]] const T* begin() const noexcept { return data_; }
  [[nodiscard]] const T* end() const noexcept { return data_ + size_; }
  [[nodiscard]] std::span<T> span() noexcept { return {data_, size_}; }
  [[nodiscard]] std::span<const T> span() const noexcept { return {data_, size_}; }

  // Sets the capacity to exactly `n` elements; a larger size is cut to `n`. Errors: out_of_memory.
  [[nodiscard]] result<done> set_capacity(std::size_t n) noexcept {
    if (n == capacity_) return done{};
    T* fresh = nullptr;
    if (n > static_cast<std::size_t>(-1) / sizeof(T)) return fail(errc::out_of_memory, 0, "array size wraps");
    if (n > 0 && data_ != nullptr && memory_.resize != nullptr) {
      fresh = static_cast<T*>(memory_.resize(memory_.self, data_, capacity_ * sizeof(T), n * sizeof(T)));
      if (fresh == nullptr) return fail(errc::out_of_memory, 0, "no more memory");
      data_ = fresh;
      size_ = size_ < n ? size_ : n;
      capacity_ = n;
      return done{};
    }
    if (n > 0) {
      fresh = static_cast<T*>(memory_.allocate(memory_.self, n * sizeof(T)));
      if (fresh == nullptr) return fail(errc::out_of_memory, 0, "no more memory");
    }
    const std::size_t keep = size_ < n ? size_ : n;
    if (keep > 0) std::memcpy(fresh, data_, keep * sizeof(T));
    if (data_ != nullptr) memory_.release(memory_.self, data_, capacity_ * sizeof(T));
    data_ = fresh;
    size_ = keep;
    capacity_ = n;
    return done{};
  }
  // Ensures a capacity of at least `n` elements: a resize() or push_back() up to there cannot fail. Errors:
  // out_of_memory.
  [[nodiscard]] result<done> reserve(std::size_t n) noexcept {
    if (n > capacity_) [[unlikely]]
      DOCTEUR_CHECK(grow(n));
    return done{};
  }
  [[nodiscard]] result<done> resize(std::size_t n) noexcept {
    DOCTEUR_CHECK(reserve(n));
    size_ = n;
    return done{};
  }
  [[nodiscard]] result<done> push_back(const T& v) noexcept {
    const T copy = v;  // `v` may be in this array
    if (size_ == capacity_) [[unlikely]]
      DOCTEUR_CHECK(grow(size_ + 1));
    data_[size_++] = copy;
    return done{};
  }
  void pop_back() noexcept { --size_; }
  void clear() noexcept { size_ = 0; }
  [[nodiscard]] result<done> shrink_to_fit() noexcept { return set_capacity(size_); }
  void reset() noexcept {
    if (data_ != nullptr) memory_.release(memory_.self, data_, capacity_ * sizeof(T));
    data_ = nullptr;
    size_ = capacity_ = 0;
  }

 private:
  // Out of line, so that the common case, which needs no growth, stays small where it is inlined.
  [[nodiscard, gnu::noinline]] result<done> grow(std::size_t n) noexcept {
    return set_capacity(n > capacity_ + capacity_ / 2 ? n : capacity_ + capacity_ / 2);
  }

  memory memory_{};
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace docteur
