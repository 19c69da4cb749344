#pragma once
// The SHA-256 of each 64 KiB of an image while it is written, for its digest section. Hosted.

#include <cstdint>
#include <vector>

#include "layout/digest_section.hpp"
#include "object/sha256.hpp"

namespace docteur {

class block_digests {
 public:
  // Takes the next bytes of the image, from its start on.
  void update(bytes next);
  // Returns the digests, kDigestSize bytes each. `head`: the image's first bytes, instead of those that were taken; at
  // most as many as a block has, and as were taken.
  [[nodiscard]] std::vector<std::byte> finish(bytes head);

 private:
  void end_block();

  std::vector<std::byte> first_;  // the first block
  std::uint64_t filled_ = 0;      // bytes of the current block
  sha256 hash_;
  std::vector<std::byte> digests_;
};

}  // namespace docteur
