#pragma once
// The digest section of an image, in memory: what each of its blocks must be. doc/FORMAT.md, "Digest section". Hosted.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layout/digest_section.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"

namespace docteur {

class image_digests {
 public:
  // Reads header, section table and digest section of the image on a device of which nothing is believed: memory grows
  // as bytes of the section arrive, by 0.05 % of the image. Errors: not_found if there is no section; the device's;
  // those of decode_image_header(), decode_section_table() and digest_view::decode(); truncated if the device is
  // smaller than the image. The section that a device has proves only that its blocks belong to it: compare digest()
  // with a value from elsewhere, or call load_pinned().
  [[nodiscard]] static result<image_digests> load(const device& from);

  image_digests(image_digests&&) noexcept = default;
  image_digests& operator=(image_digests&&) noexcept = default;

  // The digest of the image: the SHA-256 of its digest section.
  [[nodiscard]] const oid& digest() const noexcept { return digest_; }
  [[nodiscard]] digest_view view() const noexcept { return view_; }

 private:
  image_digests(std::vector<std::byte>&& section, const digest_view& view);
  std::vector<std::byte> section_;  // a move keeps the address of its bytes
  digest_view view_;
  oid digest_;
};

// image_digests::load() of an image whose digest() must be one of `pins`, at least one. `shown`: the image's name in
// messages. If the image has another digest, fails (blame::input) with one line that names that digest.
[[nodiscard]] outcome<image_digests> load_pinned(const device& from, std::span<const oid> pins,
                                                 const std::string& shown);

// "sha256:" and 64 digits: how people write the digest of an image.
[[nodiscard]] std::string digest_text(const oid& digest);
// Parses that; the digits may be of either case. Fails (blame::usage) with a line that begins with `what`, the option.
[[nodiscard]] outcome<oid> parse_digest(const std::string& text, const std::string& what);

// What is demanded of an image: the digest that the user gave, or else the one that whoever names the image says
// (image_device::demanded_digest()). Fails (blame::input) if both are there and differ; `shown`: the image's name.
[[nodiscard]] outcome<std::optional<oid>> demanded_of(const std::optional<oid>& given, const std::optional<oid>& named,
                                                      const std::string& shown);

}  // namespace docteur
