#include "builder/block_digests.hpp"

#include <algorithm>

namespace docteur {

void block_digests::update(bytes next) {
  while (!next.empty()) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(next.size(), kDigestBlock - filled_));
    // The first block's digest has to wait for the header.
    if (digests_.empty()) first_.insert(first_.end(), next.begin(), next.begin() + static_cast<std::ptrdiff_t>(n));
    hash_.update(next.first(n));
    filled_ += n;
    next = next.subspan(n);
    if (filled_ == kDigestBlock) end_block();
  }
}

std::vector<std::byte> block_digests::finish(bytes head) {
  if (filled_ > 0) end_block();
  std::ranges::copy(head, first_.begin());
  sha256 hash;
  hash.update(first_);
  std::ranges::copy(hash.finish().view(), digests_.begin());
  return std::move(digests_);
}

void block_digests::end_block() {
  const oid digest = hash_.finish();
  digests_.insert(digests_.end(), digest.view().begin(), digest.view().end());
  hash_ = sha256();
  filled_ = 0;
}

}  // namespace docteur
