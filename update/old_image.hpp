#pragma once
// An older image as a source of a newer one's content, block by block, as they are read. Hosted.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "host/content_source.hpp"
#include "host/file_device.hpp"
#include "update/made_content.hpp"

namespace docteur {

class old_image final : public content_source {
 public:
  // `path`: a file or block device; nothing of it is trusted: what it gives is compared with the new image's digest
  // section. `tell` gets one printable line if it is of no use. Fails as file_device::open() does.
  [[nodiscard]] static outcome<std::shared_ptr<old_image>> open(const std::string& path,
                                                                std::function<void(const std::string&)> tell);
  [[nodiscard]] std::unique_ptr<image_device> over(std::unique_ptr<image_device> below) override;
  void learn(const device& image) override;

  // nullptr until learn() found something.
  [[nodiscard]] const made_content* content() const noexcept { return content_.get(); }
  // Bytes that were taken from the old image, and were right.
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }
  void add_taken(std::uint64_t count) noexcept { taken_ += count; }

 private:
  old_image(file_device file, std::string shown, std::function<void(const std::string&)> tell)
      : file_(std::move(file)), shown_(std::move(shown)), tell_(std::move(tell)) {}

  const file_device file_;
  const std::string shown_;
  const std::function<void(const std::string&)> tell_;
  std::unique_ptr<made_content> content_;
  std::atomic<std::uint64_t> taken_{0};
};

}  // namespace docteur
