#include "reader/path_section_reader.hpp"

#include <algorithm>

#include "layout/path_section.hpp"
#include "object/path_rules.hpp"
#include "object/tree.hpp"
#include "pack/inflate.hpp"
#include "reader/image.hpp"
#include "reader/section_stream.hpp"

namespace docteur {
namespace {

// Reads a record's integer and moves `next` past it. Returns false if it does not end before `end`.
inline bool take_number(const std::byte*& next, const std::byte* end, std::uint32_t& number) noexcept {
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
std::uint32_t load_position(const std::byte* at, std::uint32_t size, std::size_t left) noexcept {
  if (left >= sizeof(std::uint32_t)) [[likely]]
    return load_le<std::uint32_t>(at) & (0xffffffffu >> (32 - 8 * size));
  std::uint32_t v = 0;
  for (std::uint32_t i = 0; i < size; ++i) v |= std::to_integer<std::uint32_t>(at[i]) << 8 * i;
  return v;
}

std::size_t count_of(char c, std::string_view text) noexcept {
  std::size_t n = 0;
  for (std::size_t at = text.find(c); at != std::string_view::npos; at = text.find(c, at + 1)) ++n;
  return n;
}

class section_reader {
 public:
  section_reader(const device& from, const section& where, const memory& mem, const limits& bounds,
                 path_tree_builder& paths, inflater&& inflate) noexcept
      : in_(from, where, mem), raw_(mem), bounds_(bounds), paths_(paths), inflater_(std::move(inflate)) {}

  result<done> run(std::uint32_t objects, oid_list& submodules) noexcept {
    const std::uint64_t at = in_.at();
    DOCTEUR_TRY(head, in_.take(kPathSectionHeader));
    cursor fields(head, at);
    DOCTEUR_TRY(paths, fields.take_le<std::uint32_t>());
    DOCTEUR_TRY(submodule_count, fields.take_le<std::uint32_t>());
    DOCTEUR_TRY(size, fields.take_le<std::uint32_t>());
    DOCTEUR_TRY(reserved, fields.take_le<std::uint32_t>());
    if (reserved != 0) return fail(errc::malformed, at, "reserved bytes of the path section are not zero");
    if (size < 1 || size > 4) return fail(errc::malformed, at, "bad position size of the path section");
    if (paths == 0) return fail(errc::malformed, at, "path section has no paths");
    if (paths > bounds_.paths) return fail(errc::too_large, at, "more paths than the limit");
    position_size_ = size;
    objects_ = objects;
    submodules_ = submodule_count;
    for (std::uint32_t left = paths; left > 0;) {
      DOCTEUR_TRY(listed, read_block(left));
      left -= listed;
    }
    if (submodules_met_ != submodules_) return fail(errc::malformed, at, "wrong number of submodules");
    if (in_.left() != submodules_ * std::uint64_t{id_size(submodules.kind())})
      return fail(errc::malformed, in_.at(), "wrong length of the ids of submodules");
    DOCTEUR_TRY(ids, in_.take(in_.left()));
    DOCTEUR_CHECK(submodules.assign(ids));
    return in_.finish();
  }

 private:
  // Returns the number of paths in the block.
  result<std::uint32_t> read_block(std::uint32_t left) noexcept {
    const std::uint64_t at = in_.at();
    DOCTEUR_TRY(head, in_.take(kPathBlockHeader));
    DOCTEUR_TRY(block, decode_path_block(head, at));
    if (block.paths > left) return fail(errc::malformed, at, "block has more paths than are left");
    DOCTEUR_TRY(packed, in_.take(block.packed));
    if (block.raw > raw_.capacity()) DOCTEUR_CHECK(raw_.set_capacity(block.raw));
    DOCTEUR_CHECK(raw_.resize(block.raw));
    DOCTEUR_TRY(consumed, inflater_.inflate(packed, raw_.span(), at));
    if (consumed != block.packed) return fail(errc::malformed, at, "bytes after the stream of a block of paths");
    DOCTEUR_TRY(positions, in_.take(std::uint64_t{block.paths} * position_size_));
    // Plain pointers, because attaching runs this loop once for every path.
    const std::byte* record = raw_.data();
    const std::byte* const records_end = record + block.records;
    std::string_view text = as_text(bytes{raw_.span()}.subspan(block.records));
    // Bytes that no name may contain are searched for once per block: then each '/' is the end of a directory's key.
    if (text.find('\0') != std::string_view::npos) return fail(errc::malformed, at, "an entry name contains NUL");
    has_backslash_ = has_backslash_ || text.find('\\') != std::string_view::npos;
    std::size_t slashes = count_of('/', text);
    for (const std::byte *p = positions.data(), *end = p + positions.size(); p != end; p += position_size_) {
      std::uint32_t shared = 0;
      std::uint32_t size_and_kind = 0;
      if (!take_number(record, records_end, shared) || !take_number(record, records_end, size_and_kind))
        return fail(errc::malformed, at, "bad number in a path record");
      const std::uint32_t size = size_and_kind >> kPathKindBits;
      if (size > text.size()) return fail(errc::truncated, at, "text of a path record is cut short");
      const std::uint32_t kind = size_and_kind & ((1u << kPathKindBits) - 1);
      DOCTEUR_CHECK(add_path(shared, first(text, size), kind,
                             load_position(p, position_size_, static_cast<std::size_t>(end - p)), at));
      text.remove_prefix(size);
      if (kind == static_cast<std::uint32_t>(entry_kind::directory) && size > 0) --slashes;
    }
    if (slashes != 0) return fail(errc::malformed, at, "an entry name contains '/'");
    if (record != records_end || !text.empty()) return fail(errc::malformed, at, "bytes left over in a block of paths");
    return block.paths;
  }

  result<done> add_path(std::uint32_t shared, std::string_view tail, std::uint32_t kind, std::uint32_t position,
                        std::uint64_t at) noexcept {
    if (kind > static_cast<std::uint32_t>(entry_kind::submodule))
      return fail(errc::malformed, at, "unknown kind of a path");
    const node n{static_cast<entry_kind>(kind), position};
    if (n.kind == entry_kind::submodule) {
      if (position != submodules_met_++) return fail(errc::malformed, at, "wrong position of a submodule");
    } else if (position >= objects_) {
      return fail(errc::out_of_range, at, "position past the end of IDX");
    }
    if (auto added = paths_.add_tail(shared, tail, to_record(n)); !added)
      return fail(added.error().code, at, added.error().what);
    return check_key(paths_.last_key(), shared, n.kind, at);
  }

  // The directories in the shared part are those of the last key, which were checked. So this path's directory exists
  // if the new part has no '/' other than the one that ends a directory's key.
  result<done> check_key(std::string_view key, std::size_t shared, entry_kind kind, std::uint64_t at) noexcept {
    const bool is_directory = kind == entry_kind::directory;
    if (!std::exchange(has_root_, true)) {
      if (!key.empty() || !is_directory) return fail(errc::malformed, at, "the first path is not the root directory");
      return done{};
    }
    if (key.size() > bounds_.path_bytes) return fail(errc::too_large, at, "path is longer than the limit");
    if (is_directory) {
      if (!key.ends_with('/')) return fail(errc::malformed, at, "a directory's key does not end in '/'");
      key.remove_suffix(1);
    }
    if (shared < name_at_) {
      name_at_ = shared;
      while (name_at_ > 0 && key[name_at_ - 1] != '/') --name_at_;
    }
    const std::string_view name = drop(key, std::min(name_at_, key.size()));
    if (const char* why = has_backslash_ ? bad_entry_name(name) : bad_plain_name(name))
      return fail(errc::malformed, at, why);
    if (!is_file(kind) && stands_for_gitmodules(name)) return fail(errc::malformed, at, kGitmodulesIsNoFile);
    if (is_directory) name_at_ = key.size() + 1;
    return done{};
  }

  section_stream in_;
  owned_array<std::byte> raw_;
  const limits& bounds_;
  path_tree_builder& paths_;
  inflater inflater_;
  std::uint32_t position_size_ = 0;
  std::uint32_t objects_ = 0;
  std::uint32_t submodules_ = 0;
  std::uint32_t submodules_met_ = 0;
  bool has_root_ = false;
  bool has_backslash_ = false;  // in any path so far
  // The start of the name, after the last '/', in a key that shares at least as many bytes with the last key.
  std::size_t name_at_ = 0;
};

}  // namespace

result<done> read_path_section(const device& from, const section& where, std::uint32_t objects, const memory& mem,
                               const limits& bounds, path_tree_builder& paths, oid_list& submodules) noexcept {
  DOCTEUR_TRY(inflate, inflater::make());
  return section_reader(from, where, mem, bounds, paths, std::move(inflate)).run(objects, submodules);
}

}  // namespace docteur
