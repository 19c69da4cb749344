#include "update/seeded_file.hpp"

#include <algorithm>
#include <cassert>

namespace docteur {
namespace {

std::uint32_t size_of(const partial_file& file, std::uint64_t block) {
  return static_cast<std::uint32_t>(std::min(kPartialBlock, file.size() - block * kPartialBlock));
}

}  // namespace

seeded_file::seeded_file(partial_file& file) : file_(file) {
  const std::uint64_t blocks = partial_blocks(file.size());
  left_ = std::make_unique<std::atomic<std::uint32_t>[]>(blocks);
  range_list here;
  for (std::uint64_t i = 0; i < blocks; ++i) {
    const std::uint32_t size = size_of(file, i);
    left_[i] = file.has(i) ? 0 : size;
    if (file.has(i)) here.push_back({i * kPartialBlock, size});
  }
  present_ = joined(here, {});
}

outcome<void> seeded_file::write(std::uint64_t at, bytes piece) {
  const range_list parts = without({{at, piece.size()}}, present_);
  for (const byte_range& part : parts) {
    DOCTEUR_CHECK(file_.put_bytes(part.offset, piece.subspan(part.offset - at, part.size)));
    for (std::uint64_t from = part.offset; from < part.offset + part.size;) {
      const std::uint64_t block = from / kPartialBlock;
      const std::uint64_t to = std::min((block + 1) * kPartialBlock, part.offset + part.size);
      DOCTEUR_CHECK(count(block, static_cast<std::uint32_t>(to - from)));
      from = to;
    }
  }
  return {};
}

// Whoever brings the last byte of a block also looks at it: all others were written before they were counted.
outcome<void> seeded_file::count(std::uint64_t block, std::uint32_t n) {
  const std::uint32_t before = left_[block].fetch_sub(n, std::memory_order_acq_rel);
  assert(before >= n);
  if (before != n) return {};
  DOCTEUR_TRY(right, is_right(block));
  if (right) return file_.mark({block, 1});
  ++wrong_;
  return {};
}

// No digest covers what lies behind the image.
outcome<bool> seeded_file::is_right(std::uint64_t block) const {
  if (digests_ == nullptr || block >= digests_->view().count()) return true;
  std::vector<std::byte> content(digests_->view().size(block));
  DOCTEUR_CHECK(file_.read(block * kPartialBlock, content));
  return digests_->view().matches(block, content);
}

}  // namespace docteur
