#include "reader/path_records.hpp"

#include <algorithm>

namespace docteur {
namespace {

std::size_t count_of(char c, std::string_view text) noexcept {
  std::size_t n = 0;
  for (std::size_t at = text.find(c); at != std::string_view::npos; at = text.find(c, at + 1)) ++n;
  return n;
}

}  // namespace

result<done> path_records::open(std::uint32_t objects, const limits& bounds, bool removes) noexcept {
  at_ = in_.at();
  DOCTEUR_TRY(head, in_.take(kPathSectionHeader));
  cursor fields(head, at_);
  DOCTEUR_TRY(paths, fields.take_le<std::uint32_t>());
  DOCTEUR_TRY(submodules, fields.take_le<std::uint32_t>());
  DOCTEUR_TRY(size, fields.take_le<std::uint32_t>());
  DOCTEUR_TRY(reserved, fields.take_le<std::uint32_t>());
  if (reserved != 0) return fail(errc::malformed, at_, "reserved bytes of the path section are not zero");
  if (size < 1 || size > 4) return fail(errc::malformed, at_, "bad position size of the path section");
  if (paths == 0) return fail(errc::malformed, at_, "path section has no paths");
  if (paths > bounds.paths) return fail(errc::too_large, at_, "more paths than the limit");
  objects_ = objects;
  removes_ = removes;
  left_ = paths;
  submodules_ = submodules;
  position_size_ = size;
  return done{};
}

result<done> path_records::read_block() noexcept {
  at_ = in_.at();
  DOCTEUR_TRY(head, in_.take(kPathBlockHeader));
  DOCTEUR_TRY(block, decode_path_block(head, at_));
  if (block.paths > left_) return fail(errc::malformed, at_, "block has more paths than are left");
  DOCTEUR_TRY(packed, in_.take(block.packed));
  if (block.raw > raw_.capacity()) DOCTEUR_CHECK(raw_.set_capacity(block.raw));
  DOCTEUR_CHECK(raw_.resize(block.raw));
  DOCTEUR_TRY(consumed, inflater_->inflate(packed, raw_.span(), at_));
  if (consumed != block.packed) return fail(errc::malformed, at_, "bytes after the stream of a block of paths");
  DOCTEUR_TRY(positions, in_.take(std::uint64_t{block.paths} * position_size_));
  record_ = raw_.data();
  records_end_ = record_ + block.records;
  position_ = positions.data();
  positions_end_ = position_ + positions.size();
  text_ = as_text(bytes{raw_.span()}.subspan(block.records));
  // Bytes that no name may contain are searched for once per block: then each '/' is the end of a directory's key.
  if (text_.find('\0') != std::string_view::npos) return fail(errc::malformed, at_, "an entry name contains NUL");
  has_backslash_ = has_backslash_ || text_.find('\\') != std::string_view::npos;
  slashes_ = count_of('/', text_);
  block_left_ = block.paths;
  left_ -= block.paths;
  return done{};
}

result<done> path_records::end_block() const noexcept {
  if (slashes_ != 0) return fail(errc::malformed, at_, "an entry name contains '/'");
  if (record_ != records_end_ || !text_.empty())
    return fail(errc::malformed, at_, "bytes left over in a block of paths");
  return done{};
}

result<done> path_records::finish(oid_list& submodules) noexcept {
  if (submodules_met_ != submodules_) return fail(errc::malformed, at_, "wrong number of submodules");
  if (in_.left() != submodules_ * std::uint64_t{id_size(submodules.kind())})
    return fail(errc::malformed, in_.at(), "wrong length of the ids of submodules");
  DOCTEUR_TRY(ids, in_.take(in_.left()));
  DOCTEUR_CHECK(submodules.assign(ids));
  return in_.finish();
}

}  // namespace docteur
