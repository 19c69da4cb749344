#include "source/objects/table_file.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kOften = 16;       // reads after which the whole file is worth its memory
constexpr std::uint32_t kAgain = 1 << 12;  // reads after which it is tried again if memory was short

}  // namespace

object_result<std::unique_ptr<table_file>> table_file::open(const std::string& path) {
  DOCTEUR_TRY(file, pooled_file::open(path));
  return std::unique_ptr<table_file>(new table_file(std::move(file)));
}

table_file::table_file(std::vector<std::byte> content) : size_(content.size()), content_(std::move(content)) {
  held_ = content_.data();
}

object_result<bytes> table_file::get(std::uint64_t at, std::size_t size, mutable_bytes room) const {
  if (at > size_ || size > size_ - at) return damaged("a table that leaves its file");
  if (size == 0) return bytes();
  const std::byte* held = held_.load(std::memory_order_acquire);
  if (held == nullptr) {
    const std::uint32_t asked = asked_.fetch_add(1, std::memory_order_relaxed);
    if (asked == kOften || (asked > kOften && asked % kAgain == 0)) hold();
    held = held_.load(std::memory_order_acquire);
  }
  if (held != nullptr) return bytes(held + at, size);
  DOCTEUR_CHECK(file_->read(at, room.first(size)));
  return bytes(room.first(size));
}

// Returns nothing: if it fails, the next read reports why.
void table_file::hold() const {
  const std::scoped_lock lock(guard_);
  if (held_.load(std::memory_order_relaxed) != nullptr || !share_.take(size_)) return;
  std::vector<std::byte> content(static_cast<std::size_t>(size_));
  if (!file_->read(0, content)) {
    share_ = memory_share(source_memory::shared().tables);
    return;
  }
  content_ = std::move(content);
  held_.store(content_.data(), std::memory_order_release);
}

}  // namespace docteur
