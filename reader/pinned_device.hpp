#pragma once
// A device over another that returns no byte of the image before the 64 KiB block around it was compared with the
// digest that the caller demands. Guest-safe; for one thread (host/checked_device.hpp is for many).

#include <array>
#include <cstdint>

#include "layout/digest_section.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "object/oid.hpp"

namespace docteur {

class pinned_device {
 public:
  static constexpr std::size_t kHeld = 2;  // blocks that are held: neighbouring reads share one

  // Reads the digest section of the image on `below`, of which nothing is believed: memory grows as its bytes arrive.
  // `digest`: the SHA-256 of that section, as docteur-make prints it. All memory comes from `from`: 0.05 % of the
  // image, and kHeld blocks. What `below` refers to must outlive this object. A mapped device is read like others, as
  // its memory may change. Errors: not_found if the image has no digest section; bad_checksum if it is another image;
  // those of find_digest_section() and digest_view::decode(); truncated if the device is smaller than the image;
  // out_of_memory; the device's.
  [[nodiscard]] static result<pinned_device> open(const device& below, const memory& from, const oid& digest) noexcept;

  // A device of the image's size, valid until this object is moved or destroyed. Errors of read(): those of `below`;
  // bad_checksum with the offset of a block that differs, after which `out` is arbitrary; truncated behind the image.
  [[nodiscard]] device view() noexcept;
  [[nodiscard]] std::size_t memory_used() const noexcept { return section_.capacity() + blocks_.capacity(); }  // bytes

 private:
  struct held {
    std::uint64_t block = 0;
    std::uint64_t used = 0;  // 0: holds nothing
  };

  pinned_device(const device& below, owned_array<std::byte>&& section, owned_array<std::byte>&& blocks,
                const digest_view& view) noexcept
      : below_(below), section_(std::move(section)), blocks_(std::move(blocks)), view_(view) {}
  static result<done> read(void* self, std::uint64_t offset, mutable_bytes out) noexcept;
  [[nodiscard]] result<done> fill(std::uint64_t block, mutable_bytes out) noexcept;
  [[nodiscard]] result<bytes> hold(std::uint64_t block) noexcept;

  device below_;
  owned_array<std::byte> section_;  // a move keeps the address of its bytes
  owned_array<std::byte> blocks_;   // kHeld blocks
  digest_view view_;
  std::array<held, kHeld> held_{};
  std::uint64_t clock_ = 0;
};

}  // namespace docteur
