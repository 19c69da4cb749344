#include "host/cache/cache_layout.hpp"

#include <libdeflate.h>

#include <algorithm>

#include "base/oid_text.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

// Offsets of the header's fields; integers are little-endian.
constexpr std::string_view kMagic = "docteur blocks\r\n";
constexpr std::size_t kVersionAt = 16;                    // u32
constexpr std::size_t kBlockAt = 20;                      // u32
constexpr std::size_t kSizeAt = 24;                       // u64
constexpr std::size_t kNameHashAt = 32;                   // SHA-256
constexpr std::size_t kIdentitySize = 64;                 // u16
constexpr std::size_t kNameSize = 66;                     // u16
constexpr std::size_t kReservedAt = 68;                   // u32, zero
constexpr std::size_t kTextAt = 72;                       // identity, name, zeros up to the digest
constexpr std::size_t kDigestAt = kCacheHeaderSize - 32;  // SHA-256 of all before it
constexpr std::uint32_t kVersion = 1;
static_assert(kTextAt + kMostCacheIdentity + kMostCacheName <= kDigestAt);

std::string hex_of(const oid& hash, std::size_t digits) { return hex_text(hash).substr(0, digits); }

bool is_zero(bytes data) {
  return std::ranges::all_of(data, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

std::string without_user(std::string_view name) {
  const std::size_t colon = name.find("://");
  if (colon == std::string_view::npos) return std::string(name);
  const std::size_t start = colon + 3;
  const std::size_t end = std::min(name.find_first_of("/?#", start), name.size());
  const std::size_t at = name.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < start) return std::string(name);
  return std::string(name.substr(0, start)).append(name.substr(at + 1));
}

std::string shown_cache_name(std::string_view name) {
  std::string shown = without_user(name);
  if (shown.find("://") != std::string::npos) shown.resize(std::min(shown.find_first_of("?#"), shown.size()));
  shown.resize(std::min(shown.size(), kMostCacheName));
  return shown;
}

oid hash_of_cache_name(std::string_view name) { return sha256_of(as_bytes(without_user(name))); }

result<cache_header> make_cache_header(std::string_view name, std::string_view identity, std::uint64_t size) {
  if (size == 0 || size > kMostCached) return fail(errc::too_large, kSizeAt, "no size for a cache");
  if (identity.size() > kMostCacheIdentity) return fail(errc::too_large, kTextAt, "identity too long for a cache");
  return cache_header{hash_of_cache_name(name), shown_cache_name(name), std::string(identity), size};
}

std::array<std::byte, kCacheHeaderSize> encode_cache_header(const cache_header& header) {
  std::array<std::byte, kCacheHeaderSize> raw{};
  std::byte* const p = raw.data();
  std::ranges::copy(as_bytes(kMagic), p);
  store_le<std::uint32_t>(p + kVersionAt, kVersion);
  store_le<std::uint32_t>(p + kBlockAt, kCacheBlock);
  store_le<std::uint64_t>(p + kSizeAt, header.size);
  std::ranges::copy(header.name_hash.view(), p + kNameHashAt);
  store_le(p + kIdentitySize, static_cast<std::uint16_t>(header.identity.size()));
  store_le(p + kNameSize, static_cast<std::uint16_t>(header.name.size()));
  std::ranges::copy(as_bytes(header.identity), p + kTextAt);
  std::ranges::copy(as_bytes(header.name), p + kTextAt + header.identity.size());
  std::ranges::copy(sha256_of(bytes(raw).first(kDigestAt)).view(), p + kDigestAt);
  return raw;
}

result<cache_header> decode_cache_header(bytes raw) {
  if (raw.size() < kCacheHeaderSize) return fail(errc::truncated, raw.size(), "header of a cache file ends early");
  raw = raw.first(kCacheHeaderSize);
  const std::byte* const p = raw.data();
  if (as_text(raw.first(kMagic.size())) != kMagic) return fail(errc::bad_magic, 0, "not a cache file");
  if (!std::ranges::equal(sha256_of(raw.first(kDigestAt)).view(), raw.subspan(kDigestAt)))
    return fail(errc::bad_checksum, kDigestAt, "header of a cache file is damaged");
  if (load_le<std::uint32_t>(p + kVersionAt) != kVersion || load_le<std::uint32_t>(p + kBlockAt) != kCacheBlock)
    return fail(errc::bad_version, kVersionAt, "a cache file of another version");
  cache_header h;
  h.size = load_le<std::uint64_t>(p + kSizeAt);
  if (h.size == 0 || h.size > kMostCached) return fail(errc::too_large, kSizeAt, "no size for a cache");
  const std::size_t identity = load_le<std::uint16_t>(p + kIdentitySize);
  const std::size_t name = load_le<std::uint16_t>(p + kNameSize);
  if (identity > kMostCacheIdentity || name > kMostCacheName)
    return fail(errc::too_large, kIdentitySize, "text too long for a cache");
  if (!is_zero(raw.subspan(kReservedAt, 4)) ||
      !is_zero(raw.subspan(kTextAt + identity + name, kDigestAt - kTextAt - identity - name)))
    return fail(errc::malformed, kReservedAt, "reserved bytes of a cache file are not zero");
  h.name_hash = oid::from(p + kNameHashAt, hash_kind::sha256);
  h.identity = as_text(raw.subspan(kTextAt, identity));
  h.name = as_text(raw.subspan(kTextAt + identity, name));
  return h;
}

std::string cache_file_name(const cache_header& header) {
  std::string version = header.identity;
  version.push_back('\0');
  version += std::to_string(header.size);
  return hex_of(header.name_hash, 16) + "-" + hex_of(sha256_of(as_bytes(version)), 16) + ".blocks";
}

std::uint32_t block_crc(bytes block) noexcept { return libdeflate_crc32(0, block.data(), block.size()); }

record_coder::record_coder(const cache_header& header, std::string_view boot)
    : seed_(block_crc(as_bytes(cache_file_name(header)))), boot_(block_crc(as_bytes(boot)) & ~1u) {
  if (boot_ == 0) boot_ = 2;
}

// Odd, so that no record of a block is all zeros.
std::uint32_t record_coder::mark(std::uint64_t block, std::uint32_t crc) const noexcept {
  std::array<std::byte, 12> raw;
  store_le(raw.data(), block);
  store_le(raw.data() + 8, crc);
  return libdeflate_crc32(seed_, raw.data(), raw.size()) | 1u;
}

std::array<std::byte, kCacheRecordSize> record_coder::encode(std::uint64_t block, block_record r) const noexcept {
  std::array<std::byte, kCacheRecordSize> raw{};
  if (r.state == block_state::absent) return raw;
  store_le(raw.data(), r.crc);
  store_le(raw.data() + 4, mark(block, r.crc) ^ (r.state == block_state::written ? boot_ : 0));
  return raw;
}

block_record record_coder::decode(std::uint64_t block, const std::byte* raw) const noexcept {
  if (load_le<std::uint64_t>(raw) == 0) return {};
  const auto crc = load_le<std::uint32_t>(raw);
  const std::uint32_t found = load_le<std::uint32_t>(raw + 4);
  const std::uint32_t expected = mark(block, crc);
  if (found == expected) return {block_state::synced, crc};
  return {found == (expected ^ boot_) ? block_state::written : block_state::doubtful, crc};
}

}  // namespace docteur
