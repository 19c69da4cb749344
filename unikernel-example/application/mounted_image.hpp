#pragma once
// What all loops share of a mounted image: the attached image, its versions and the cache of content. Any thread may
// use them.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "host/checked_device.hpp"
#include "reader/image.hpp"
#include "unikernel-example/application/content_cache.hpp"
#include "unikernel-example/application/dictionary_maker.hpp"
#include "unikernel-example/application/gzip_maker.hpp"
#include "unikernel-example/application/mounted_versions.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

struct site_options {
  memory heap;                // for the image and its readers
  std::uint64_t cache_bytes;  // for whole content and for bases of deltas together
  std::uint64_t sent_bytes;   // for whole content that is being sent, in addition
  std::uint64_t read_bytes;   // for open_reads
  std::uint64_t whole_bytes;  // http_limits
  std::size_t loops = 1;      // that share it
  bool rules = true;          // versions' files _headers and _redirects are rules
  platform* codes = nullptr;  // on which gzip_maker works, and dictionary_maker; it outlives the image
  bool dictionaries = false;  // whether dictionary_maker does
};

class mounted_image {
 public:
  // Attaches all of the image before it returns. With `pinned`, each block that is read is compared. Errors: those of
  // image::attach() and snapshot::attach().
  [[nodiscard]] static result<std::shared_ptr<mounted_image>> attach(const disk& d, const site_options& options,
                                                                     std::optional<image_digests> pinned = {});
  mounted_image(const mounted_image&) = delete;
  mounted_image& operator=(const mounted_image&) = delete;
  ~mounted_image() = default;

  [[nodiscard]] const std::string& disk_name() const noexcept { return disk_.name; }
  [[nodiscard]] const docteur::image& image() const noexcept { return image_; }
  // Of the image's commit.
  [[nodiscard]] const docteur::snapshot& snapshot() const noexcept { return versions_.first()->snapshot; }
  [[nodiscard]] mounted_versions& versions() noexcept { return versions_; }
  [[nodiscard]] const mounted_versions& versions() const noexcept { return versions_; }
  // Of a pinned image.
  [[nodiscard]] std::optional<oid> digest() const noexcept {
    return checked_ ? std::optional(checked_->digests().digest()) : std::nullopt;
  }
  [[nodiscard]] const site_options& options() const noexcept { return options_; }
  // Bytes of memory that the image commit's paths and IDX take.
  [[nodiscard]] std::size_t attached_bytes() const noexcept { return image_.memory_used() + snapshot().memory_used(); }

  [[nodiscard]] content_cache& cache() noexcept { return cache_; }
  [[nodiscard]] gzip_maker& gzips() noexcept { return gzips_; }
  [[nodiscard]] dictionary_maker& dictionaries() noexcept { return dictionaries_; }
  // Bytes of whole content in memory, cached or being sent.
  [[nodiscard]] const std::shared_ptr<std::atomic<std::uint64_t>>& live() const noexcept { return live_; }

  std::uint64_t attach_ns = 0;  // duration of attach(), set by its caller before others see the object

 private:
  mounted_image(const disk& d, const site_options& options)
      : disk_(d),
        options_(options),
        cache_(options.cache_bytes / 4 * 3),
        gzips_(options.codes, cache_, live_),
        dictionaries_(options.dictionaries ? options.codes : nullptr, image_, versions_.list(), options.heap, cache_,
                      live_) {}

  disk disk_;
  site_options options_;
  std::optional<checked_device> checked_;  // over disk_
  docteur::image image_;
  mounted_versions versions_;
  content_cache cache_;
  std::shared_ptr<std::atomic<std::uint64_t>> live_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  gzip_maker gzips_;
  dictionary_maker dictionaries_;
};

}  // namespace docteur::cache_vm
