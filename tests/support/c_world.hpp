#pragma once
// An image in memory, attached through the C interface.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "object/bytes.hpp"
#include "reader/docteur.h"
#include "support/image_maker.hpp"

namespace docteur {

// A device that counts the bytes it copies, and memory that counts the bytes allocated and can fail one allocation.
struct c_world {
  buffer raw;
  std::size_t copied = 0;                           // bytes
  std::size_t borrowed = 0;                         // bytes
  bool away = false;                                // the device does not answer for now
  std::size_t left = static_cast<std::size_t>(-1);  // allocations that succeed before one fails
  docteur_image* image = nullptr;

  // `digest`: the image is pinned by it.
  explicit c_world(buffer with, std::size_t cache_bytes = 0, const oid* digest = nullptr) : raw(std::move(with)) {
    const docteur_device device{this, raw.size(), read, nullptr};
    const docteur_memory memory{this, allocate, release};
    docteur_error error{};
    if (digest == nullptr) {
      EXPECT_EQ(docteur_attach(&device, &memory, cache_bytes, &image, &error), DOCTEUR_OK) << error.what;
    } else {
      const auto* pin = reinterpret_cast<const std::uint8_t*>(digest->view().data());
      EXPECT_EQ(docteur_attach_pinned(&device, &memory, cache_bytes, pin, &image, &error), DOCTEUR_OK) << error.what;
    }
  }
  ~c_world() {
    docteur_detach(image);
    EXPECT_EQ(borrowed, 0u);
  }
  c_world(const c_world&) = delete;
  c_world& operator=(const c_world&) = delete;

  static int read(void* self, std::uint64_t offset, void* out, std::size_t size) {
    auto* w = static_cast<c_world*>(self);
    if (w->away) return DOCTEUR_UNAVAILABLE;
    if (offset > w->raw.size() || size > w->raw.size() - offset) return -1;
    std::memcpy(out, w->raw.data() + offset, size);
    w->copied += size;
    return 0;
  }
  static void* allocate(void* self, std::size_t size) {
    auto* w = static_cast<c_world*>(self);
    if (w->left-- == 0) return nullptr;
    w->borrowed += size;
    return std::malloc(size);
  }
  static void release(void* self, void* block, std::size_t size) {
    static_cast<c_world*>(self)->borrowed -= size;
    std::free(block);
  }

  docteur_file* open_file(const char* path) const {
    docteur_node node{};
    docteur_file* file = nullptr;
    docteur_error error{};
    EXPECT_EQ(docteur_resolve(image, path, std::strlen(path), &node, &error), DOCTEUR_OK) << error.what;
    EXPECT_EQ(docteur_open(image, node, &file, &error), DOCTEUR_OK) << error.what;
    return file;
  }
};

}  // namespace docteur
