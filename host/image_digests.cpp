#include "host/image_digests.hpp"

#include <algorithm>
#include <string_view>

#include "host/describe.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr std::uint64_t kPiece = 1 << 20;  // bytes of the section read at once

}  // namespace

image_digests::image_digests(std::vector<std::byte>&& section, const digest_view& view)
    : section_(std::move(section)), view_(view), digest_(sha256_of(section_)) {}

result<image_digests> image_digests::load(const device& from) {
  DOCTEUR_TRY(where, find_digest_section(from));
  std::vector<std::byte> section(std::min(where.length, kDigestHeader));
  DOCTEUR_CHECK(read_exactly(from, where.offset, section));
  DOCTEUR_TRY(head, decode_digest_head(section, where.offset, where.length));
  if (head.image_size > from.size) return fail(errc::truncated, from.size, "the device ends before the image");
  for (std::size_t have = section.size(); have < where.length; have = section.size()) {
    section.resize(have + std::min(where.length - have, kPiece));
    DOCTEUR_CHECK(read_exactly(from, where.offset + have, mutable_bytes(section).subspan(have)));
  }
  DOCTEUR_TRY(view, digest_view::decode(section, where.offset));
  if (where.crc != kDigestSectionCrc) return fail(errc::bad_checksum, where.offset, "section");
  return image_digests(std::move(section), view);
}

outcome<image_digests> load_pinned(const device& from, std::span<const oid> pins, const std::string& shown) {
  auto loaded = image_digests::load(from);
  if (!loaded) return tl::make_unexpected(describe(loaded.error(), shown));
  if (std::ranges::find(pins, loaded->digest()) == pins.end())
    return give_up(blame::input,
                   shown + ": another image: its digest is " + digest_text(loaded->digest()) + ", not " +
                       (pins.size() == 1 ? digest_text(pins.front()) : std::string("one of those given")));
  return std::move(*loaded);
}

std::string digest_text(const oid& digest) {
  const oid_hex hex = to_hex(digest);
  return std::string(kPrefix) + std::string(hex.view());
}

outcome<oid> parse_digest(const std::string& text, const std::string& what) {
  if (text.starts_with(kPrefix)) {
    std::string digits = text.substr(kPrefix.size());
    std::ranges::transform(digits, digits.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (const auto digest = parse_hex(digits, hash_kind::sha256)) return *digest;
  }
  return give_up(blame::usage, what + ": expected sha256: and 64 hexadecimal digits");
}

outcome<std::optional<oid>> demanded_of(const std::optional<oid>& given, const std::optional<oid>& named,
                                        const std::string& shown) {
  if (given && named && *given != *named)
    return give_up(blame::input, shown + ": another image: the registry's manifest names the digest " +
                                     digest_text(*named) + ", not " + digest_text(*given));
  return given ? given : named;
}

}  // namespace docteur
