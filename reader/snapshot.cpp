#include "reader/snapshot.hpp"

#include <algorithm>
#include <array>

#include "layout/path_section.hpp"
#include "object/hasher.hpp"
#include "reader/path_section_reader.hpp"
#include "reader/tree_walk.hpp"
#include "reader/version_list.hpp"
#include "reader/version_paths.hpp"

namespace docteur {
namespace {

// Cache for the bases of trees while attaching.
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

result<snapshot> snapshot::attach(const docteur::image& from) noexcept {
  return attach(from, from.commit_id(), nullptr, nullptr);
}

result<snapshot> snapshot::attach(const docteur::image& from, const version_list& all, const version& which) noexcept {
  return attach(from, which.commit, &all, &which);
}

result<snapshot> snapshot::attach(const docteur::image& from, const oid& commit, const version_list* all,
                                  const version* which) noexcept {
  snapshot s;
  s.image_ = &from;
  s.commit_id_ = commit;
  s.submodules_ = oid_list(from.allocator(), from.kind());
  DOCTEUR_TRY(objects, object_reader::make(from.disk(), from.index(), from.allocator(), from.bounds(), kAttachCache));
  DOCTEUR_CHECK(s.read_commit(objects));
  DOCTEUR_CHECK(s.read_paths(objects, all, which));
  return s;
}

result<done> snapshot::read_commit(object_reader& objects) noexcept {
  std::uint64_t offset = kCommitOffset;
  if (image_->path_section() == nullptr || commit_id() != image_->commit_id()) {
    DOCTEUR_TRY(position, image_->index().find(commit_id()));
    if (!position) return fail(errc::malformed, kHeaderCommit, "the image's commit is not in it");
    offset = image_->index().offset(*position);
  }
  DOCTEUR_TRY(object, objects.read(offset));
  const std::uint64_t at = objects.device_offset(offset);
  if (object.type != object_type::commit)
    return fail(errc::wrong_kind, at, "the image's commit is not a commit object");
  if (object_id(image_->kind(), object_type::commit, object.content.span()) != commit_id())
    return fail(errc::bad_checksum, at, "content of the commit does not match its id");
  commit_content_ = std::move(object.content);
  DOCTEUR_TRY(commit, parse_commit(commit_content_.span(), image_->kind(), at));
  commit_ = commit;
  return done{};
}

result<done> snapshot::read_paths(object_reader& objects, const version_list* all, const version* which) noexcept {
  path_tree_builder builder(image_->allocator());
  const section* const paths = image_->path_section();
  if (paths != nullptr && which != nullptr) {
    std::array<section, 1 + kMostVersionBases> lists{*paths};
    DOCTEUR_TRY(changes, all->lists(*which, std::span(lists).subspan(1)));
    DOCTEUR_CHECK(read_version_paths(image_->disk(), std::span(lists).first(1 + changes), image_->index().count(),
                                     image_->allocator(), image_->bounds(), builder, submodules_));
  } else if (paths != nullptr) {
    DOCTEUR_CHECK(read_path_section(image_->disk(), *paths, image_->index().count(), image_->allocator(),
                                    image_->bounds(), builder, submodules_));
  } else {
    DOCTEUR_TRY(root, image_->index().find(commit_.tree));
    if (!root) return fail(errc::malformed, kHeaderCommit, "the root tree is not in the image");
    DOCTEUR_CHECK(walk_trees(objects, *root, builder, submodules_));
  }
  DOCTEUR_TRY(tree, builder.finish());
  tree_ = std::move(tree);
  return submodules_.shrink_to_fit();
}

std::optional<node> snapshot::find(std::string_view path) const noexcept {
  // No key has empty parts, so a path that is found unchanged is normalised already.
  auto found = tree_.find(path);
  // Paths of usual length are normalised on the stack.
  std::array<char, 512> small;
  owned_array<char> large(image_->allocator());
  if (!found && needs_normalising(path)) {
    char* out = small.data();
    if (path.size() > small.size()) {
      if (!large.resize(path.size())) return std::nullopt;
      out = large.data();
    }
    found = tree_.find(normalise(path, out));
    // "name/" must be a folder.
    if (found && path.ends_with('/') && !to_node(found->record).is_folder()) return std::nullopt;
  }
  return found ? std::optional(to_node(found->record, found->leaf + 1)) : std::nullopt;
}

std::optional<snapshot::prefix> snapshot::find_prefix(std::string_view path) const noexcept {
  if (needs_normalising(path)) return std::nullopt;
  const auto found = tree_.find_prefix(path);
  if (!found) return std::nullopt;
  return prefix{to_node(found->record, found->leaf + 1), found->path_size};
}

result<directory_list> snapshot::list(std::string_view path, depth levels, std::string_view after) const noexcept {
  directory_list l(*this, levels);
  // Both can hold any key of the tree and the bytes that end it.
  const std::size_t room = std::max(tree_.path_bytes(), path.size()) + after.size() + 2;
  DOCTEUR_TRY(from, owned_array<char>::make(image_->allocator(), room));
  DOCTEUR_TRY(last, owned_array<char>::make(image_->allocator(), room));
  const std::string_view directory = normalise(path, last.data());
  const auto found = tree_.find(directory);
  if (!found) return fail(errc::not_found, 0, "no such path");
  if (!found->is_directory) return fail(errc::wrong_kind, 0, "not a directory");
  std::size_t n = directory.size();
  if (n > 0) last[n++] = '/';
  l.base_ = n;
  l.from_ = std::move(from);
  l.path_ = std::move(last);
  if (after.empty()) {
    l.start();
    return l;
  }
  std::memcpy(l.path_.data() + n, after.data(), after.size());
  n += after.size();
  const auto entry = tree_.find({l.path_.data(), n});
  if (!entry) return fail(errc::not_found, 0, "no such path to continue after");
  if (entry->is_directory) l.path_[n++] = '/';
  l.go_behind(n, entry->is_directory);
  return l;
}

// The first key after the directory's own, which ends in NUL.
void directory_list::start() noexcept {
  std::memcpy(from_.data(), path_.data(), base_);
  from_[base_] = '\1';
  (void)from_.resize(base_ + 1);
}

void directory_list::go_behind(std::size_t size, bool is_directory) noexcept {
  (void)from_.resize(size + 1);  // cannot fail: list() reserved the capacity
  std::memcpy(from_.data(), path_.data(), size);
  if (is_directory && levels_ == snapshot::depth::children) {
    from_[size - 1] = '/' + 1;
    (void)from_.resize(size);
  } else {
    from_[size] = '\1';
  }
}

std::optional<directory_list::entry> directory_list::next() noexcept {
  const auto found = snapshot_->tree_.lower_bound({from_.data(), from_.size()}, path_.span());
  if (!found || found->path_size <= base_ || std::memcmp(path_.data(), from_.data(), base_) != 0) return std::nullopt;
  go_behind(found->path_size, found->is_directory);
  const std::size_t end = found->path_size - (found->is_directory ? 1 : 0);
  return entry{{path_.data() + base_, end - base_}, to_node(found->record, found->leaf + 1)};
}

result<oid> snapshot::id(const node& n) const noexcept {
  if (n.kind == entry_kind::submodule) return submodules_[n.position];
  return image_->id(n.position);
}

std::size_t snapshot::memory_used() const noexcept {
  return commit_content_.capacity() + tree_.memory_used() + submodules_.memory_used();
}

}  // namespace docteur
