#pragma once
// An image on a slow device with a cache on disk in between (doc/CACHE.md). What is read ahead of readers that read
// forward is what the cache does not have. Hosted.

#include <memory>
#include <string>

#include "host/cache/block_cache.hpp"
#include "host/image_device.hpp"
#include "host/read_ahead.hpp"

namespace docteur {

class cached_image final : public image_device {
 public:
  // `name`, `identity`: as for block_cache::open(), and it fails as that does.
  [[nodiscard]] static outcome<std::unique_ptr<cached_image>> open(block_cache_options options, const std::string& name,
                                                                   const std::string& identity,
                                                                   std::unique_ptr<image_device> below);

  [[nodiscard]] device view() const noexcept override;
  [[nodiscard]] std::string identity() const override { return identity_; }
  [[nodiscard]] std::string last_failure() const override { return below_->last_failure(); }
  [[nodiscard]] std::optional<oid> demanded_digest() const override { return below_->demanded_digest(); }
  [[nodiscard]] transfer transferred() const noexcept override { return below_->transferred(); }
  [[nodiscard]] bool takes_advice() const noexcept override { return below_->takes_advice(); }
  // Whether the cache has every block.
  [[nodiscard]] bool is_whole() const { return cache_->missing(0, view().size).second == 0; }
  // Passes on what the cache does not have, in whole blocks of it.
  void prefetch(std::uint64_t offset, std::uint64_t size) noexcept override;
  [[nodiscard]] bool keeps() const noexcept override { return cache_->keeps(); }
  [[nodiscard]] result<std::uint64_t> fetch(std::uint64_t offset, std::uint64_t size) noexcept override;

 private:
  cached_image(const std::string& identity, std::unique_ptr<image_device> below)
      : identity_(identity), below_(std::move(below)), ahead_(below_->view().size) {}
  static result<done> read(void* self, std::uint64_t offset, mutable_bytes out) noexcept;

  std::string identity_;
  std::unique_ptr<image_device> below_;
  std::unique_ptr<block_cache> cache_;  // over below_
  read_ahead ahead_;
};

}  // namespace docteur
