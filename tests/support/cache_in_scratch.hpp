#pragma once
// For tests of the cache of blocks: a cache in a temporary folder.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "host/cache/block_cache.hpp"
#include "support/scratch.hpp"
#include "support/slow_device.hpp"

namespace docteur {

class cache_in_scratch : public ::testing::Test {
 protected:
  static constexpr const char* kCachedName = "https://example.org/site.img";

  [[nodiscard]] block_cache_options options() const {
    block_cache_options o;
    o.folder = folder_ / "images";
    o.boot = boot_;
    return o;
  }
  std::unique_ptr<block_cache> open(slow_device& below, const std::string& identity = "\"v1\"") {
    auto cache = block_cache::open(options(), kCachedName, identity, below.view());
    EXPECT_TRUE(cache) << cache.error().message;
    return cache ? std::move(*cache) : nullptr;
  }
  std::unique_ptr<block_cache> open_good(slow_device& below) {
    auto cache = open(below);
    EXPECT_EQ(cache->trouble(), "");
    return cache;
  }
  // The only file of the cache.
  [[nodiscard]] std::filesystem::path file() const {
    const std::filesystem::directory_iterator all(folder_ / "images");
    EXPECT_EQ(std::distance(begin(all), end(all)), 1);
    return std::filesystem::directory_iterator(folder_ / "images")->path();
  }
  void overwrite(std::uint64_t at, const std::string& with) const {
    std::fstream f(file(), std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(static_cast<std::streamoff>(at));
    f << with;
    EXPECT_TRUE(f.flush());
  }
  [[nodiscard]] static std::string all_of(block_cache& cache) { return read_text(cache.view(), 0, cache.view().size); }
  [[nodiscard]] static std::uint64_t block_at(const slow_device& of, std::uint64_t block) {
    return make_cache_header(kCachedName, "", of.content().size())->block_at(block);
  }

  scratch folder_;
  std::string boot_ = "first";
};

}  // namespace docteur
