#include "host/recorded_image.hpp"

#include <new>

namespace docteur {

device recorded_image::view() const noexcept {
  device d;
  d.self = const_cast<recorded_image*>(this);
  d.size = below_->view().size;
  d.read = read;
  return d;
}

std::vector<block_run> recorded_image::blocks() const {
  const std::lock_guard lock(guard_);
  return blocks_;
}

result<done> recorded_image::read(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
  auto& image = *static_cast<recorded_image*>(self);
  DOCTEUR_CHECK(read_exactly(image.below_->view(), offset, out));
  try {
    image.note(offset, out.size());
  } catch (const std::bad_alloc&) {
    return fail(errc::out_of_memory, offset, "no memory for the list of what was read");
  }
  return done{};
}

void recorded_image::note(std::uint64_t offset, std::uint64_t size) {
  if (size == 0) return;
  const std::lock_guard lock(guard_);
  for (std::uint64_t block = offset / kListedBlock; block <= (offset + size - 1) / kListedBlock; ++block) {
    if (!seen_.insert(block).second) continue;
    if (blocks_.empty() || blocks_.back().first + blocks_.back().count != block) blocks_.push_back({block, 0});
    ++blocks_.back().count;
  }
}

}  // namespace docteur
