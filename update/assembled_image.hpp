#pragma once
// An image on a slow device, blocks of which are made from an older image instead of being fetched. Hosted.

#include <memory>

#include "host/image_device.hpp"
#include "update/old_image.hpp"

namespace docteur {

// Reads of whole blocks of 64 KiB are answered from the old image as far as that has their content, and compared with
// the digest section of the new one; a block that differs comes from the device below, as all other reads do.
class assembled_image final : public image_device {
 public:
  // `from` must outlive this object.
  assembled_image(std::unique_ptr<image_device> below, old_image& from) : below_(std::move(below)), from_(from) {}

  [[nodiscard]] device view() const noexcept override;
  [[nodiscard]] std::string identity() const override { return below_->identity(); }
  [[nodiscard]] std::string last_failure() const override { return below_->last_failure(); }
  [[nodiscard]] std::optional<oid> demanded_digest() const override { return below_->demanded_digest(); }
  [[nodiscard]] transfer transferred() const noexcept override { return below_->transferred(); }
  [[nodiscard]] bool takes_advice() const noexcept override { return below_->takes_advice(); }
  // Passes on what the old image does not have.
  void prefetch(std::uint64_t offset, std::uint64_t size) noexcept override;
  void stop_reading_ahead() noexcept override { below_->stop_reading_ahead(); }

 private:
  static result<done> read(void* self, std::uint64_t offset, mutable_bytes out) noexcept;
  result<done> make(const made_content& content, std::uint64_t offset, mutable_bytes out);

  std::unique_ptr<image_device> below_;
  old_image& from_;
};

}  // namespace docteur
