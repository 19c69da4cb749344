#pragma once
// Entries of an older PACK, which was verified, that a new one takes as they lie: their zlib streams are copied,
// nothing of them is planned or deflated anew. Hosted.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "object/bytes.hpp"
#include "object/failure.hpp"
#include "pack/restart_points.hpp"

namespace docteur {

inline constexpr std::uint32_t kNoBase = 0xffffffff;

// What is known of an object of the source from the older PACK.
struct kept_entry {
  bool kept = false;  // it is there, and stays as it lies
  // Of an object that is kept: bytes of its zlib stream. Of another: those of the stream that its predecessor has,
  // which is whole, or a delta, which may make the object from `base`; 0: there is none.
  std::uint64_t stream_size = 0;
  std::uint64_t delta_size = 0;  // of a delta: bytes that the stream inflates to
  // Of a delta that is kept: the object that is its base, which is kept, too. Of an object that is not kept: the one
  // that its plan in the older PACK suggests. Else kNoBase.
  std::uint32_t base = kNoBase;
  std::uint8_t depth = 0;     // of an object that is kept: deltas on the way to it
  bool stored = false;        // the stream begins with a stored block
  bool has_restarts = false;  // a whole blob with a record in the restart section

  [[nodiscard]] bool is_kept() const noexcept { return kept; }
  // Whether a delta is there that may make an object that is not kept from `base`.
  [[nodiscard]] bool has_delta() const noexcept { return !kept && base != kNoBase && stream_size > 0; }
  // Whether the predecessor of an object that is not kept is stored whole.
  [[nodiscard]] bool was_whole() const noexcept { return !kept && base == kNoBase && stream_size > 0; }
};

// Whether the delta that is there for object `i` may be tried. `eligible`: by object, which may be deltas and bases.
[[nodiscard]] inline bool may_carry(std::span<const kept_entry> entries, std::size_t i,
                                    const std::vector<bool>& eligible) {
  const std::uint32_t base = entries[i].base;
  return entries[i].has_delta() && base != i && eligible[i] && eligible[base];
}

class kept_entries {
 public:
  virtual ~kept_entries() = default;

  // By object of the source. The base of each that is kept is kept and no deeper than its depth says, without circles.
  [[nodiscard]] virtual std::span<const kept_entry> entries() const = 0;

  // The rest is safe to call from many threads at once. All fail with blame::input when the older PACK has changed
  // since it was verified, with blame::environment when it cannot be read.

  // Replaces `out` with the content of an object that is kept.
  [[nodiscard]] virtual outcome<void> read(std::size_t index, std::vector<std::byte>& out) const = 0;
  // Replaces `out` with the delta of an object that has_delta(); empty if it is too large.
  [[nodiscard]] virtual outcome<void> read_delta(std::size_t index, std::vector<std::byte>& out) const = 0;
  // Fills `out` with bytes of the zlib stream, from `at`, inside it.
  [[nodiscard]] virtual outcome<void> read_stream(std::size_t index, std::uint64_t at, mutable_bytes out) const = 0;
  // The restart points of an object that has some. The offset is that in the older PACK.
  [[nodiscard]] virtual outcome<restart_points> read_restarts(std::size_t index) const = 0;
};

}  // namespace docteur
