#pragma once
// The layout of a cache file: header, use, records, blocks (doc/CACHE.md). Hosted.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::uint64_t kCacheBlock = 64 << 10;                // bytes of the image kept or fetched as one
inline constexpr std::size_t kCacheHeaderSize = 4096;                 // bytes
inline constexpr std::uint64_t kCacheUseAt = kCacheHeaderSize;        // offset of the use counter, eight bytes
inline constexpr std::uint64_t kCacheRecordsAt = 8192;                // offset of the first record
inline constexpr std::size_t kCacheRecordSize = 8;                    // bytes
inline constexpr std::uint64_t kMostCached = std::uint64_t{1} << 42;  // bytes of an image
inline constexpr std::size_t kMostCacheIdentity = 1024;               // bytes
inline constexpr std::size_t kMostCacheName = 2048;                   // bytes

// What a header says, checked.
struct cache_header {
  oid name_hash{hash_kind::sha256};  // of the name as the caller gave it, without credentials
  std::string name;                  // for people: shown_cache_name()
  std::string identity;
  std::uint64_t size = 0;  // bytes of the image, from 1 to kMostCached

  [[nodiscard]] std::uint64_t blocks() const noexcept { return (size + kCacheBlock - 1) / kCacheBlock; }
  friend bool operator==(const cache_header&, const cache_header&) = default;
  // Bytes of a block: the last one may be short. block < blocks().
  [[nodiscard]] std::uint64_t length(std::uint64_t block) const noexcept {
    return block + 1 < blocks() ? kCacheBlock : size - block * kCacheBlock;
  }
  // Offsets in the cache file.
  [[nodiscard]] static std::uint64_t record_at(std::uint64_t block) noexcept {
    return kCacheRecordsAt + block * kCacheRecordSize;
  }
  [[nodiscard]] std::uint64_t block_at(std::uint64_t block) const noexcept {
    return round_up(record_at(blocks()), kCacheBlock) + block * kCacheBlock;
  }
  [[nodiscard]] std::uint64_t file_size() const noexcept { return block_at(0) + size; }
};

// `name` without "user:password@" in an authority (RFC 3986, section 3.2.1).
[[nodiscard]] std::string without_user(std::string_view name);
// What a header keeps of `name` for people: without_user(), without query and fragment, which may be credentials,
// and at most kMostCacheName bytes.
[[nodiscard]] std::string shown_cache_name(std::string_view name);

// The header of an image of that name: `name` passes through without_user(). Errors: too_large, if `identity` or `size`
// is over its limit, or `size` is 0.
[[nodiscard]] result<cache_header> make_cache_header(std::string_view name, std::string_view identity,
                                                     std::uint64_t size);
[[nodiscard]] std::array<std::byte, kCacheHeaderSize> encode_cache_header(const cache_header& header);
// Checks every field; believes nothing. Errors: truncated, bad_magic, bad_checksum, bad_version, malformed, too_large.
[[nodiscard]] result<cache_header> decode_cache_header(bytes raw);

// "HASH OF NAME-HASH OF IDENTITY AND SIZE.blocks", 16 digits each: the file of this version of the image.
[[nodiscard]] std::string cache_file_name(const cache_header& header);
[[nodiscard]] oid hash_of_cache_name(std::string_view name);

// What a record says of a block. `written`: its bytes are in the file as long as the machine runs; `synced`: they are
// on the disk; `doubtful`: written before the machine started anew, or the record is damaged.
enum class block_state : std::uint8_t { absent, doubtful, written, synced };
struct block_record {
  block_state state = block_state::absent;
  std::uint32_t crc = 0;  // CRC-32 of the block (RFC 1952, section 8), unless absent; to be compared on every read
  friend bool operator==(const block_record&, const block_record&) = default;
};

// Encodes and decodes the records of one file, whose header is `header`. `boot` names this run of the machine.
class record_coder {
 public:
  record_coder(const cache_header& header, std::string_view boot);
  // A state other than `doubtful`.
  [[nodiscard]] std::array<std::byte, kCacheRecordSize> encode(std::uint64_t block, block_record r) const noexcept;
  // `raw`: kCacheRecordSize bytes.
  [[nodiscard]] block_record decode(std::uint64_t block, const std::byte* raw) const noexcept;

 private:
  [[nodiscard]] std::uint32_t mark(std::uint64_t block, std::uint32_t crc) const noexcept;
  std::uint32_t seed_;  // of this file
  std::uint32_t boot_;  // even, not 0
};

[[nodiscard]] std::uint32_t block_crc(bytes block) noexcept;

}  // namespace docteur
