#include "layout/digest_section.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>

#include "layout/image_header.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

constexpr std::size_t kImageSizeAt = 0;
constexpr std::size_t kOffsetAt = 8;
constexpr std::size_t kBlockAt = 16;
constexpr std::size_t kReservedAt = 20;

// The part of a block that belongs to the section, as offsets in the block; empty if none does.
struct part {
  std::size_t begin;
  std::size_t end;
};

part own_part(std::size_t block_size, std::uint64_t at, const digest_head& head) noexcept {
  const std::uint64_t section_end = head.offset + digest_section_size(head.image_size);
  const std::uint64_t begin = std::clamp(head.offset, at, at + block_size);
  const std::uint64_t end = std::clamp(section_end, at, at + block_size);
  return {static_cast<std::size_t>(begin - at), static_cast<std::size_t>(end - at)};
}

}  // namespace

result<section> find_digest_section(const device& from) noexcept {
  image_header_bytes head{};
  if (from.size < head.size()) return fail(errc::truncated, 0, "shorter than an image header");
  DOCTEUR_CHECK(read_exactly(from, 0, head));
  DOCTEUR_TRY(header, decode_image_header(head, from.size));
  const auto none = [] { return fail(errc::not_found, 0, "the image has no digest section"); };
  if (header.idx_offset < kPackOffset + kLeastPackSize + kSectionTableSize) return none();
  section_table_bytes raw;
  DOCTEUR_CHECK(read_exactly(from, header.idx_offset - kSectionTableSize, raw));
  if (!has_section_table_magic(raw)) return none();
  DOCTEUR_TRY(table, decode_section_table(raw, header.idx_offset));
  const section* const found = table.find(section_type::digests);
  if (found == nullptr) return none();
  return *found;
}

result<digest_head> decode_digest_head(bytes head, std::uint64_t at, std::uint64_t length) noexcept {
  if (head.size() < kDigestHeader || length < digest_section_size(0))
    return fail(errc::malformed, at, "length of the digest section");
  const std::byte* p = head.data();
  const digest_head h{load_le<std::uint64_t>(p + kImageSizeAt), load_le<std::uint64_t>(p + kOffsetAt)};
  if (load_le<std::uint32_t>(p + kBlockAt) != kDigestBlock)
    return fail(errc::malformed, at + kBlockAt, "block size of the digest section");
  if (load_le<std::uint32_t>(p + kReservedAt) != 0)
    return fail(errc::malformed, at + kReservedAt, "reserved bytes of the digest section are not zero");
  if (h.image_size > kMostDigested) return fail(errc::too_large, at + kImageSizeAt, "image is too large for digests");
  if (length != digest_section_size(h.image_size)) return fail(errc::malformed, at, "length of the digest section");
  if (h.offset != at || at > h.image_size || length > h.image_size - at)
    return fail(errc::malformed, at + kOffsetAt, "digest section is of another image");
  return h;
}

void seal_digest_section(mutable_bytes section, const digest_head& head) noexcept {
  std::byte* p = section.data();
  store_le(p + kImageSizeAt, head.image_size);
  store_le(p + kOffsetAt, head.offset);
  store_le(p + kBlockAt, static_cast<std::uint32_t>(kDigestBlock));
  store_le(p + kReservedAt, std::uint32_t{0});
  const std::size_t crc_at = section.size() - sizeof(std::uint32_t);
  store_le(p + crc_at, libdeflate_crc32(0, p, crc_at));
}

oid block_digest(bytes block, std::uint64_t at, const digest_head& head) noexcept {
  static constexpr std::array<std::byte, 1024> kZeros{};
  const part own = own_part(block.size(), at, head);
  sha256 hash;
  hash.update(block.first(own.begin));
  for (std::size_t left = own.end - own.begin; left > 0;) {
    const std::size_t n = std::min(left, kZeros.size());
    hash.update(bytes(kZeros).first(n));
    left -= n;
  }
  hash.update(block.subspan(own.end));
  return hash.finish();
}

result<digest_view> digest_view::decode(bytes section, std::uint64_t at) noexcept {
  if (section.size() < digest_section_size(0)) return fail(errc::truncated, at, "length of the digest section");
  DOCTEUR_TRY(head, decode_digest_head(section.first(kDigestHeader), at, section.size()));
  if (libdeflate_crc32(0, section.data(), section.size()) != kDigestSectionCrc)
    return fail(errc::bad_checksum, at, "digest section");
  return digest_view(section, head);
}

std::uint64_t digest_view::size(std::uint64_t i) const noexcept {
  return std::min(kDigestBlock, head_.image_size - i * kDigestBlock);
}

bytes digest_view::digest(std::uint64_t i) const noexcept {
  return section_.subspan(kDigestHeader + i * kDigestSize, kDigestSize);
}

bool digest_view::matches(std::uint64_t i, bytes block) const noexcept {
  if (block.size() != size(i)) return false;
  const std::uint64_t at = i * kDigestBlock;
  const part own = own_part(block.size(), at, head_);
  if (own.begin < own.end) {
    const bytes here = block.subspan(own.begin, own.end - own.begin);
    if (!std::ranges::equal(here, section_.subspan(at + own.begin - head_.offset, here.size()))) return false;
  }
  return std::ranges::equal(block_digest(block, at, head_).view(), digest(i));
}

}  // namespace docteur
