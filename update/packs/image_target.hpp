#pragma once
// An output_file that docteur-patch fills. Hosted.

#include "builder/output_file.hpp"
#include "update/packs/update_target.hpp"

namespace docteur {

class image_target final : public update_target {
 public:
  // `size`: of the image, in bytes. `out` must outlive this.
  image_target(output_file& out, std::uint64_t size) : out_(out), size_(size) {}
  [[nodiscard]] outcome<void> write(bytes data) override { return out_.write(data); }
  [[nodiscard]] device view() override;
  [[nodiscard]] outcome<void> complete(const image_header& header, const std::optional<digest_head>& digests) override;

 private:
  output_file& out_;
  std::uint64_t size_;
};

}  // namespace docteur
