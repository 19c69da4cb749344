#include "reader/image.hpp"

#include <algorithm>
#include <array>

#include "object/sha1.hpp"
#include "reader/object_reader.hpp"
#include "reader/path_section_reader.hpp"
#include "reader/tree_walk.hpp"

namespace docteur {
namespace {

// Room for the bases of trees while attaching.
constexpr std::uint64_t kAttachCache = 1 << 20;

// "a//b/" -> "a/b". Writes at most path.size() bytes to `out`.
std::string_view normalise(std::string_view path, char* out) noexcept {
  std::size_t n = 0;
  for (const char c : path) {
    if (c == '/' && (n == 0 || out[n - 1] == '/')) continue;
    out[n++] = c;
  }
  if (n > 0 && out[n - 1] == '/') --n;
  return {out, n};
}

bool needs_normalising(std::string_view path) noexcept {
  return path.starts_with('/') || path.ends_with('/') || path.find("//") != std::string_view::npos;
}

}  // namespace

result<image> image::attach(const device& d, const memory& from, const limits& bounds, paths_from source) noexcept {
  image i;
  i.device_ = d;
  i.memory_ = from;
  i.bounds_ = bounds;
  i.commit_ = owned_array<std::byte>(from);
  i.submodules_ = owned_array<oid>(from);
  DOCTEUR_CHECK(i.read_layout(source));
  DOCTEUR_CHECK(i.read_paths());
  return i;
}

result<done> image::read_layout(paths_from source) noexcept {
  image_header_bytes head{};
  if (device_.size < head.size()) return fail(errc::truncated, 0, "shorter than an image header");
  DOCTEUR_CHECK(read_exactly(device_, 0, head));
  DOCTEUR_TRY(header, decode_image_header(head, device_.size));
  header_ = header;

  std::uint64_t limit = header_.idx_offset - kPackOffset;  // of PACK offsets
  if (header_.idx_offset >= kPackOffset + kPackHeaderSize + kPackTrailerSize + kSectionTableSize) {
    section_table_bytes raw;
    DOCTEUR_CHECK(read_exactly(device_, header_.idx_offset - kSectionTableSize, raw));
    if (has_section_table_magic(raw)) {
      DOCTEUR_TRY(table, decode_section_table(raw, header_.idx_offset));
      sections_ = table;
      limit = table.pack_size;
    }
  }

  std::array<std::byte, kPackHeaderSize> pack_head;
  DOCTEUR_CHECK(read_exactly(device_, kPackOffset, pack_head));
  if (load_be<std::uint32_t>(pack_head.data()) != kPackMagic)
    return fail(errc::bad_magic, kPackOffset, "no PACK where it should be");
  if (load_be<std::uint32_t>(pack_head.data() + 4) != kPackVersion)
    return fail(errc::bad_version, kPackOffset + 4, "PACK version");

  const pack_extent where{kPackOffset, limit - kPackTrailerSize, header_.idx_offset};
  uses_path_section_ = source == paths_from::section && sections_ && sections_->find(section_type::paths) != nullptr;
  const auto holding = uses_path_section_ ? pack_index::holding::offsets : pack_index::holding::all;
  DOCTEUR_TRY(index, pack_index::load(device_, where, memory_, bounds_, holding));
  index_ = std::move(index);
  if (index_.count() != load_be<std::uint32_t>(pack_head.data() + 8))
    return fail(errc::malformed, kPackOffset + 8, "PACK and IDX hold different numbers of objects");
  if (index_.count() >= 1u << kPositionBits) return fail(errc::too_large, kPackOffset + 8, "too many objects");

  if (sections_) {
    oid trailer;
    const std::uint64_t trailer_at = kPackOffset + where.limit;
    DOCTEUR_CHECK(read_exactly(device_, trailer_at, trailer.raw));
    DOCTEUR_TRY(checksum, index_.pack_checksum());
    if (trailer != checksum) return fail(errc::bad_checksum, trailer_at, "IDX is not of this PACK");
    if (const section* s = sections_->find(section_type::restart)) {
      DOCTEUR_TRY(restarts, restart_index::open(device_, *s));
      restarts_ = restarts;
    }
  }
  return done{};
}

result<done> image::read_paths() noexcept {
  DOCTEUR_TRY(objects, object_reader::make(device_, index_, memory_, bounds_, kAttachCache));
  DOCTEUR_CHECK(read_commit(objects));
  path_tree_builder builder(memory_);
  if (uses_path_section_) {
    DOCTEUR_CHECK(read_path_section(device_, *sections_->find(section_type::paths), index_.count(), memory_, bounds_,
                                    builder, submodules_));
  } else {
    DOCTEUR_TRY(root, index_.find(head_.tree));
    if (!root) return fail(errc::malformed, kHeaderCommit, "the root tree is not in the image");
    DOCTEUR_CHECK(walk_trees(objects, *root, builder, submodules_));
  }
  DOCTEUR_TRY(tree, builder.finish());
  tree_ = std::move(tree);
  return submodules_.shrink_to_fit();
}

result<done> image::read_commit(object_reader& objects) noexcept {
  // In an image with a path section the commit is the first entry, so that IDX need not be searched.
  std::uint64_t offset = kPackHeaderSize;
  if (!uses_path_section_) {
    DOCTEUR_TRY(position, index_.find(header_.commit));
    if (!position) return fail(errc::malformed, kHeaderCommit, "the image's commit is not in it");
    offset = index_.offset(*position);
  }
  DOCTEUR_TRY(commit, objects.read(offset));
  const std::uint64_t at = objects.device_offset(offset);
  if (commit.type != object_type::commit) return fail(errc::wrong_kind, at, "the image's commit is no commit");
  if (object_id(object_type::commit, commit.content.span()) != header_.commit)
    return fail(errc::bad_checksum, at, "the commit's content is not what its id says");
  commit_ = std::move(commit.content);
  DOCTEUR_TRY(head, parse_commit(commit_.span(), at));
  head_ = head;
  return done{};
}

std::optional<node> image::find(std::string_view path) const noexcept {
  // As no key has empty parts, what is there as it stands needs no second look.
  auto found = tree_.find(path);
  // Paths of usual length are normalised on the stack.
  std::array<char, 512> small;
  owned_array<char> large(memory_);
  if (!found && needs_normalising(path)) {
    char* out = small.data();
    if (path.size() > small.size()) {
      if (!large.resize(path.size())) return std::nullopt;
      out = large.data();
    }
    found = tree_.find(normalise(path, out));
    // "name/" is a directory's.
    if (found && path.ends_with('/') && !to_node(found->record).is_folder()) return std::nullopt;
  }
  return found ? std::optional(to_node(found->record)) : std::nullopt;
}

std::optional<image::prefix> image::find_prefix(std::string_view path) const noexcept {
  if (needs_normalising(path)) return std::nullopt;
  const auto found = tree_.find_prefix(path);
  if (!found) return std::nullopt;
  return prefix{to_node(found->record), found->path_size};
}

result<directory_list> image::list(std::string_view path, depth how) const noexcept {
  directory_list l(*this, how);
  const std::size_t room = std::max(tree_.path_bytes(), path.size()) + 2;
  DOCTEUR_TRY(from, owned_array<char>::make(memory_, room));
  DOCTEUR_TRY(last, owned_array<char>::make(memory_, room));
  const std::string_view directory = normalise(path, from.data());
  const auto what = tree_.find(directory);
  if (!what) return fail(errc::not_found, 0, "no such path");
  if (!what->is_directory) return fail(errc::wrong_kind, 0, "not a directory");
  std::size_t n = directory.size();
  if (n > 0) from[n++] = '/';
  l.base_ = n;
  from[n++] = '\1';  // the first key behind the directory's own, which ends in NUL
  DOCTEUR_CHECK(from.resize(n));
  l.from_ = std::move(from);
  l.path_ = std::move(last);
  return l;
}

std::optional<directory_list::entry> directory_list::next() noexcept {
  const auto found = image_->tree_.lower_bound({from_.data(), from_.size()}, path_.span());
  if (!found || found->path_size <= base_ || std::memcmp(path_.data(), from_.data(), base_) != 0) return std::nullopt;
  // Behind a file "a" comes the next key after "a" NUL; behind a directory "a/" what is in it, or after all of it.
  std::size_t n = found->path_size;
  (void)from_.resize(n + 1);  // capacity was taken in list()
  std::memcpy(from_.data(), path_.data(), n);
  if (found->is_directory && how_ == image::depth::children) {
    from_[n - 1] = '/' + 1;
    (void)from_.resize(n);
  } else {
    from_[n] = '\1';
  }
  if (found->is_directory) --n;
  return entry{{path_.data() + base_, n - base_}, to_node(found->record)};
}

result<oid> image::id(const node& n) const noexcept {
  if (n.kind == entry_kind::submodule) return submodules_[n.position];
  return index_.id(n.position);
}

std::size_t image::memory_used() const noexcept {
  return index_.memory_used() + commit_.capacity() + tree_.memory_used() + submodules_.capacity() * sizeof(oid);
}

}  // namespace docteur
