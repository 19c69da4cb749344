#pragma once
// Where docteur-patch puts the new image. Hosted.

#include <cstdint>
#include <optional>

#include "layout/digest_section.hpp"
#include "layout/image_header.hpp"
#include "object/byte_sink.hpp"
#include "object/device.hpp"

namespace docteur {

// Takes the image from behind its header on. What was written can be read back.
class update_target : public byte_sink {
 public:
  // A device over the image, whose bytes may be read once they were written. Of the size that the image will have.
  [[nodiscard]] virtual device view() = 0;
  // Ends the image: `digests` says where the digest section belongs, for which zeros were written.
  [[nodiscard]] virtual outcome<void> complete(const image_header& header,
                                               const std::optional<digest_head>& digests) = 0;
};

}  // namespace docteur
