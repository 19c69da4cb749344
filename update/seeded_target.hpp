#pragma once
// A partial file that an update pack fills. Hosted.
//
// What the server says of the image decides: its header and its digest section are taken from there, and each block is
// compared as it is complete. So nothing that a pack makes counts as here unless it is the server's image.

#include "host/image_digests.hpp"
#include "update/packs/update_target.hpp"
#include "update/seeded_file.hpp"

namespace docteur {

class seeded_target final : public update_target {
 public:
  // `blocks`: of `file`; compared with `digests`, which cover the whole file. `section`: the bytes of that section. All
  // must outlive this object.
  seeded_target(partial_file& file, seeded_file& blocks, const digest_head& digests, bytes section)
      : file_(file), blocks_(blocks), digests_(digests), section_(section) {}

  // Writes the header that the server's image has: its first bytes.
  [[nodiscard]] outcome<void> begin(bytes head);
  // Fails with blame::input once a block is not the image's.
  [[nodiscard]] outcome<void> write(bytes data) override;
  [[nodiscard]] device view() override;
  [[nodiscard]] outcome<void> complete(const image_header& header, const std::optional<digest_head>& digests) override;

 private:
  partial_file& file_;
  seeded_file& blocks_;
  const digest_head digests_;
  const bytes section_;
  std::uint64_t at_ = 0;
};

}  // namespace docteur
