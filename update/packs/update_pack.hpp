#pragma once
// The layout of an update pack: doc/UPDATE.md. Hosted. All integers little-endian.
//
//   0     the header, kUpdateHeaderSize bytes: what is updated to what
//   168   one frame of Zstandard (RFC 8878): batches of entries, then what follows the PACK
//
// A number in the frame has seven bits per byte, least significant first, and the highest bit set in every byte but the
// last. A difference is 2 d, or -2 d - 1 if it is negative.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "layout/number.hpp"
#include "object/bytes.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"
#include "pack/delta_encoder.hpp"

namespace docteur {

inline constexpr std::string_view kUpdateMagic{"DOCTUPD\n", 8};
inline constexpr std::uint32_t kUpdateVersion = 1;
inline constexpr std::size_t kUpdateHeaderSize = 168;
inline constexpr unsigned kUpdateWindow = 26;  // log2 of the bytes that the frame may refer back over

// Bounds on what a pack makes its reader hold, in bytes.
inline constexpr std::uint64_t kMostBatch = 4u << 20;     // the control part and the part of copies of a batch, each
inline constexpr std::uint64_t kMostRebuilt = 32u << 20;  // of an object that is rebuilt whole
inline constexpr std::uint64_t kMostHeld = 32u << 20;     // objects of one image that are kept
inline constexpr std::uint64_t kMostTail = 16u << 20;     // a part behind the PACK that travels as it is
inline constexpr std::uint64_t kMostEntries = 1u << 24;   // as limits::objects
inline constexpr std::uint64_t kMostImage = 1ull << 48;   // no sum of two offsets wraps
inline constexpr std::uint64_t kMostBatchEntries = 1u << 16;

// How the new image was deflated, as far as its streams are made anew.
struct update_codecs {
  int delta_level = 10;  // of libdeflate, 1 to 12
  int whole_level = 9;
  std::uint32_t interval = 128u << 10;  // restart_points::interval
  delta_effort deltas{};
};

struct update_header {
  std::uint64_t old_size = 0;  // bytes of the old image that count
  std::uint64_t new_size = 0;  // bytes of the new one
  oid old_sha256;              // of these bytes
  oid new_sha256;
  std::uint64_t new_pack = 0;     // bytes of the new PACK, without its trailer
  std::uint32_t old_entries = 0;  // of the PACK
  std::uint32_t new_entries = 0;
  hash_kind kind = hash_kind::sha1;  // of the new image's ids
  update_codecs codecs;
};

using update_header_bytes = std::array<std::byte, kUpdateHeaderSize>;

[[nodiscard]] update_header_bytes encode_update_header(const update_header& h);
// Errors, all with blame::input: no update pack, another version, a wrong checksum, a field out of range.
[[nodiscard]] outcome<update_header> decode_update_header(bytes head);

// A pack that cannot have been made by docteur-diff.
[[nodiscard]] tl::unexpected<failure> damaged_update(const char* what);

// What a record in a batch says about one entry, or, with `copies`, about several in a row.
enum class entry_kind_in_update : std::uint8_t {
  copies = 0,   // the streams of consecutive entries of the old PACK
  stream = 1,   // the stream itself
  deflate = 2,  // content that compressor::compress() makes the stream of
  delta = 3,    // content; the delta encoder makes its delta of the new base, and compress() the stream of that
  large = 4,    // content that is deflated with restart points
  stored = 5,   // content that is stored
};
inline constexpr std::uint8_t kKindMask = 7;
inline constexpr std::uint8_t kOtherBase = 8;     // the base is not the one that would be guessed
inline constexpr std::uint8_t kWholeHeader = 16;  // the header travels as it is, among the literals

// How content is given.
enum class content_kind : std::uint8_t {
  plain = 0,     // among the literals
  same = 1,      // that of an old object
  from_old = 2,  // copies and literals against an old object
  from_new = 3,  // the same against an object of the new image that is before this one
};

// What is behind the PACK's entries, in this order, until `end`.
enum class tail_kind : std::uint8_t {
  end = 0,
  zeros = 1,       // so many zero bytes
  literal = 2,     // so many bytes among the literals
  trailer = 3,     // the checksum of the PACK
  paths = 4,       // the path section, computed from the trees
  digests = 5,     // the digest section, computed from the image
  idx = 6,         // IDX, computed from the PACK
  difference = 7,  // bytes, as copies and literals against a part of the old image
};

[[nodiscard]] constexpr std::uint64_t folded(std::int64_t d) noexcept {
  return d < 0 ? ~(static_cast<std::uint64_t>(d) << 1) : static_cast<std::uint64_t>(d) << 1;
}
[[nodiscard]] constexpr std::int64_t unfolded(std::uint64_t v) noexcept {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

// Reads numbers from a part of a batch.
class number_reader {
 public:
  explicit number_reader(bytes from) noexcept : rest_(from) {}
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] outcome<std::uint8_t> byte();
  [[nodiscard]] outcome<std::uint64_t> number();
  // A number of at most `most`.
  [[nodiscard]] outcome<std::uint64_t> number(std::uint64_t most);
  // `from` plus a difference, which must be below `limit`.
  [[nodiscard]] outcome<std::uint64_t> near(std::uint64_t from, std::uint64_t limit);

 private:
  bytes rest_;
};

}  // namespace docteur
