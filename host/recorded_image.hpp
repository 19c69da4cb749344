#pragma once
// An image that remembers which of its blocks were read, in the order of first use. Hosted.

#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "host/block_list.hpp"
#include "host/image_device.hpp"

namespace docteur {

class recorded_image final : public image_device {
 public:
  explicit recorded_image(std::shared_ptr<image_device> below) : below_(std::move(below)) {}

  // What was read so far; what was only fetched ahead is not in it.
  [[nodiscard]] std::vector<block_run> blocks() const;

  [[nodiscard]] device view() const noexcept override;
  [[nodiscard]] std::string identity() const override { return below_->identity(); }
  [[nodiscard]] std::string last_failure() const override { return below_->last_failure(); }
  [[nodiscard]] transfer transferred() const noexcept override { return below_->transferred(); }
  [[nodiscard]] bool takes_advice() const noexcept override { return below_->takes_advice(); }
  void prefetch(std::uint64_t offset, std::uint64_t size) noexcept override { below_->prefetch(offset, size); }
  void stop_reading_ahead() noexcept override { below_->stop_reading_ahead(); }
  [[nodiscard]] bool keeps() const noexcept override { return below_->keeps(); }
  [[nodiscard]] result<std::uint64_t> fetch(std::uint64_t offset, std::uint64_t size) noexcept override {
    return below_->fetch(offset, size);
  }

 private:
  static result<done> read(void* self, std::uint64_t offset, mutable_bytes out) noexcept;
  void note(std::uint64_t offset, std::uint64_t size);

  std::shared_ptr<image_device> below_;
  mutable std::mutex guard_;  // of these
  std::unordered_set<std::uint64_t> seen_;
  std::vector<block_run> blocks_;
};

}  // namespace docteur
