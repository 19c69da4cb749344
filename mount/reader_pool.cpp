#include "mount/reader_pool.hpp"

namespace docteur {

result<mutable_bytes> reader_pool::lease::buffer(std::size_t size) noexcept {
  DOCTEUR_CHECK(lent_->buffer.resize(size));
  return lent_->buffer.span();
}

result<reader_pool::lease> reader_pool::borrow() {
  std::uint64_t cache = further_cache_;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<member> last = std::move(free_.back());
      free_.pop_back();
      return lease(*this, std::move(last));
    }
    if (made_ == 0) cache = first_cache_;
    free_.reserve(++made_);  // so that give_back() cannot fail
  }
  DOCTEUR_TRY(reader, image_reader::make(*image_, memory_, cache));
  return lease(*this, std::make_unique<member>(member{std::move(reader), owned_array<std::byte>(memory_)}));
}

void reader_pool::release_caches() noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto& m : free_) m->reader.objects().cache().release();
}

void reader_pool::give_back(std::unique_ptr<member> back) noexcept {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(back));
}

}  // namespace docteur
