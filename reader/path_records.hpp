#pragma once
// Reads the records of a path section, or of a list of changes to one, in order (layout/path_section.hpp,
// layout/versions_section.hpp). Guest-safe.

#include <cstdint>
#include <string_view>

#include "layout/path_section.hpp"
#include "layout/versions_section.hpp"
#include "object/oid_list.hpp"
#include "object/tree.hpp"
#include "pack/inflate.hpp"
#include "reader/limits.hpp"
#include "reader/section_stream.hpp"

namespace docteur {

class path_records {
 public:
  struct record {
    std::uint32_t shared;   // bytes of the key before; not checked
    std::string_view tail;  // the rest of the key: without NUL, with '/' only where it ends a directory's key, or where
                            // a directory's key should be
    std::uint32_t kind;     // an entry_kind or kRemovedPath
    std::uint32_t position;  // in IDX, below `objects`; of a submodule, the number of submodules before it
  };

  // `where`: of the section or list. `inflate` must outlive the object.
  path_records(const device& from, const section& where, const memory& mem, inflater& inflate) noexcept
      : in_(from, where, mem), raw_(mem), inflater_(&inflate) {}

  // Reads the header. `objects`: the number of objects in IDX. `removes`: whether records of kRemovedPath are allowed.
  // Errors: malformed, too_large, truncated, out_of_memory, the device's.
  [[nodiscard]] result<done> open(std::uint32_t objects, const limits& bounds, bool removes) noexcept;

  // Fills `r`, whose tail is valid until the next call; false after the last record. Errors: as open(), out_of_range.
  [[nodiscard]] result<bool> next(record& r) noexcept {
    if (block_left_ == 0) {
      if (left_ == 0) return false;
      DOCTEUR_CHECK(read_block());
    }
    DOCTEUR_CHECK(take(r));
    if (--block_left_ == 0) DOCTEUR_CHECK(end_block());
    return true;
  }

  // Reads what follows the records: the ids of submodules, whose kind is that of `submodules`. Checks the checksum.
  // Errors: malformed, bad_checksum, out_of_memory, the device's.
  [[nodiscard]] result<done> finish(oid_list& submodules) noexcept;

  // Where the current block begins in the image, for messages.
  [[nodiscard]] std::uint64_t at() const noexcept { return at_; }
  // Whether a '\\' was in any record of the blocks read so far.
  [[nodiscard]] bool has_backslash() const noexcept { return has_backslash_; }

 private:
  [[nodiscard]] result<done> read_block() noexcept;
  [[nodiscard]] result<done> end_block() const noexcept;

  // Reads a record's integer and moves `next` past it. Returns false if it does not end before `end`.
  static bool take_number(const std::byte*& next, const std::byte* end, std::uint32_t& number) noexcept {
    if (next != end && std::to_integer<std::uint32_t>(*next) < 0x80) [[likely]] {
      number = std::to_integer<std::uint32_t>(*next++);
      return true;
    }
    number = 0;
    for (unsigned shift = 0; shift <= 21 && next != end; shift += 7) {
      const auto b = std::to_integer<std::uint32_t>(*next++);
      number |= (b & 0x7f) << shift;
      if ((b & 0x80) == 0) return true;
    }
    return false;
  }

  // Loads a position of `size` bytes, 1 to 4, at `at`; `left` bytes can be read there.
  static std::uint32_t load_position(const std::byte* at, std::uint32_t size, std::size_t left) noexcept {
    if (left >= sizeof(std::uint32_t)) [[likely]]
      return load_le<std::uint32_t>(at) & (0xffffffffu >> (32 - 8 * size));
    std::uint32_t v = 0;
    for (std::uint32_t i = 0; i < size; ++i) v |= std::to_integer<std::uint32_t>(at[i]) << 8 * i;
    return v;
  }

  // In the header, because attaching runs it once for every path.
  result<done> take(record& r) noexcept {
    std::uint32_t size_and_kind = 0;
    if (!take_number(record_, records_end_, r.shared) || !take_number(record_, records_end_, size_and_kind))
      return fail(errc::malformed, at_, "bad number in a path record");
    const std::uint32_t size = size_and_kind >> kPathKindBits;
    if (size > text_.size()) return fail(errc::truncated, at_, "text of a path record is cut short");
    r.kind = size_and_kind & ((1u << kPathKindBits) - 1);
    r.tail = first(text_, size);
    r.position = load_position(position_, position_size_, static_cast<std::size_t>(positions_end_ - position_));
    text_.remove_prefix(size);
    position_ += position_size_;
    if (r.kind == static_cast<std::uint32_t>(entry_kind::submodule)) {
      if (r.position != submodules_met_++) return fail(errc::malformed, at_, "wrong position of a submodule");
    } else if (r.kind == static_cast<std::uint32_t>(entry_kind::directory)) {
      if (size > 0) --slashes_;
      if (r.position >= objects_) return fail(errc::out_of_range, at_, "position past the end of IDX");
    } else if (r.kind == kRemovedPath && removes_) {
      if (r.tail.ends_with('/')) --slashes_;
      if (r.position != 0) return fail(errc::malformed, at_, "position of a removed path");
    } else if (r.kind > static_cast<std::uint32_t>(entry_kind::submodule)) {
      return fail(errc::malformed, at_, "unknown kind of a path");
    } else if (r.position >= objects_) {
      return fail(errc::out_of_range, at_, "position past the end of IDX");
    }
    return done{};
  }

  section_stream in_;
  owned_array<std::byte> raw_;  // of the current block
  inflater* inflater_;
  bool removes_ = false;
  bool has_backslash_ = false;
  std::uint32_t objects_ = 0;
  std::uint32_t position_size_ = 0;
  std::uint32_t submodules_ = 0;
  std::uint32_t submodules_met_ = 0;
  std::uint32_t left_ = 0;        // records after the current block
  std::uint32_t block_left_ = 0;  // records of the current block
  std::uint64_t at_ = 0;
  // Of the current block. Plain pointers, for the same reason as above.
  const std::byte* record_ = nullptr;
  const std::byte* records_end_ = nullptr;
  const std::byte* position_ = nullptr;
  const std::byte* positions_end_ = nullptr;
  std::string_view text_;
  std::size_t slashes_ = 0;
};

}  // namespace docteur
