#include "reader/image_reader.hpp"

#include <algorithm>

#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr object_type type_of(entry_kind kind) noexcept {
  return kind == entry_kind::directory ? object_type::tree : object_type::blob;
}

// A path that is being resolved. The resolved part is before `rest_at_`; the remaining names begin there.
class pending_path {
 public:
  explicit pending_path(const memory& from) noexcept : text_(from), other_(from) {}

  result<done> start(std::string_view path) noexcept { return put(text_, 0, path); }
  [[nodiscard]] std::string_view resolved() const noexcept { return {text_.data(), resolved_}; }
  [[nodiscard]] std::string_view rest() const noexcept { return drop({text_.data(), text_.size()}, rest_at_); }

  // Takes the next name; empty at the end.
  std::string_view take_name() noexcept {
    while (rest_at_ < text_.size() && text_[rest_at_] == '/') ++rest_at_;
    const std::string_view all = rest();
    const std::string_view name = first(all, std::min(all.find('/'), all.size()));
    rest_at_ += name.size();
    return name;
  }
  // `name` was just taken, so there is room for it and a '/' before the rest.
  void enter(std::string_view name) noexcept {
    if (resolved_ > 0) text_[resolved_++] = '/';
    std::memmove(text_.data() + resolved_, name.data(), name.size());
    resolved_ += name.size();
  }
  // Returns false at the root.
  bool leave() noexcept {
    if (resolved_ == 0) return false;
    const std::size_t slash = resolved().rfind('/');
    resolved_ = slash == std::string_view::npos ? 0 : slash;
    return true;
  }
  // Inserts a link's target before the rest.
  result<done> insert(bytes target) noexcept {
    // One more byte than needed before the target, for the '/' that enter() adds to a name.
    const std::size_t head = resolved_ + 1;
    DOCTEUR_CHECK(other_.resize(head + target.size() + 1 + rest().size()));
    std::memcpy(other_.data(), text_.data(), resolved_);
    other_[resolved_] = '/';
    if (!target.empty()) std::memcpy(other_.data() + head, target.data(), target.size());
    other_[head + target.size()] = '/';
    if (!rest().empty()) std::memcpy(other_.data() + head + target.size() + 1, rest().data(), rest().size());
    std::swap(text_, other_);
    rest_at_ = head;
    return done{};
  }

 private:
  static result<done> put(owned_array<char>& to, std::size_t at, std::string_view text) noexcept {
    DOCTEUR_CHECK(to.resize(at + text.size()));
    if (!text.empty()) std::memcpy(to.data() + at, text.data(), text.size());
    return done{};
  }

  owned_array<char> text_;
  owned_array<char> other_;
  std::size_t resolved_ = 0;
  std::size_t rest_at_ = 0;
};

result<done> copy_text(std::string_view text, owned_array<char>& to) noexcept {
  DOCTEUR_CHECK(to.resize(text.size()));
  if (!text.empty()) std::memcpy(to.data(), text.data(), text.size());
  return done{};
}

}  // namespace

result<image_reader> image_reader::make(const docteur::image& of, const memory& from, std::uint64_t cache_bytes,
                                        std::uint64_t read_ahead) noexcept {
  DOCTEUR_TRY(objects, object_reader::make(of.disk(), of.index(), from, of.bounds(), cache_bytes, read_ahead));
  return image_reader(of, std::move(objects));
}

result<std::uint64_t> image_reader::size(const node& n) noexcept {
  if (n.kind == entry_kind::submodule) return std::uint64_t{0};
  return objects_.size(image_->offset(n), type_of(n.kind));
}

result<done> image_reader::read(const node& n, mutable_bytes out, check id) noexcept {
  if (n.kind == entry_kind::submodule) return fail(errc::wrong_kind, 0, "a submodule has no content");
  const std::uint64_t offset = image_->offset(n);
  const std::uint64_t at = objects_.device_offset(offset);
  DOCTEUR_TRY(type, objects_.read(offset, out));
  if (type != type_of(n.kind)) return fail(errc::wrong_kind, at, "object has another type than its tree entry");
  if (id == check::no) return done{};
  DOCTEUR_TRY(expected, image_->id(n.position));
  if (object_id(expected.kind(), type, out) != expected)
    return fail(errc::bad_checksum, at, "content does not match its id");
  return done{};
}

result<done> image_reader::read_range(const node& n, std::uint64_t at, mutable_bytes out) noexcept {
  DOCTEUR_TRY(stream, open(n));
  return stream.read(at, out);
}

result<blob_stream> image_reader::open(const node& n) noexcept {
  if (!n.is_blob()) return fail(errc::wrong_kind, 0, "not a file");
  return blob_stream::open(objects_, image_->restarts(), image_->offset(n));
}

result<node> image_reader::resolve(const snapshot& paths, std::string_view path, owned_array<char>* where) noexcept {
  if (path.size() > image_->bounds().path_bytes) return fail(errc::not_found, 0, "no such path");
  // If the path has no symbolic link, "." or "..", one lookup decides.
  if (const auto there = paths.find_prefix(path); there && there->node.kind != entry_kind::symlink) {
    if (there->size == path.size()) {
      if (where != nullptr) DOCTEUR_CHECK(copy_text(path, *where));
      return there->node;
    }
    const std::string_view rest = drop(path, there->size == 0 ? 0 : there->size + 1);
    const std::string_view name = first(rest, std::min(rest.find('/'), rest.size()));
    if (name != "." && name != "..") {
      if (there->node.kind != entry_kind::directory) return fail(errc::wrong_kind, 0, "not a directory");
      return fail(errc::not_found, 0, "no such path");
    }
  }
  pending_path p(objects_.allocator());
  DOCTEUR_CHECK(p.start(path));
  auto current = paths.find({});
  std::uint32_t links = 0;
  bool ends_in_slash = path.ends_with('/');
  for (std::string_view name = p.take_name(); !name.empty(); name = p.take_name()) {
    if (current->kind != entry_kind::directory) return fail(errc::wrong_kind, 0, "not a directory");
    if (name == ".") continue;
    if (name == "..") {
      if (!p.leave()) return fail(errc::not_found, 0, "path climbs above the root");
      current = paths.find(p.resolved());
      continue;
    }
    p.enter(name);
    current = paths.find(p.resolved());
    if (!current) return fail(errc::not_found, 0, "no such path");
    if (current->kind != entry_kind::symlink) continue;
    if (++links > image_->bounds().symlinks) return fail(errc::symlink_loop, 0, "too many symbolic links");
    DOCTEUR_TRY(n, size(*current));
    if (n == 0 || n > image_->bounds().path_bytes)
      return fail(errc::not_found, 0, "target of a symbolic link is empty or too long");
    DOCTEUR_TRY(target, owned_array<std::byte>::make(objects_.allocator(), n));
    DOCTEUR_CHECK(read(*current, target.span()));
    if (target[0] == std::byte{'/'}) return fail(errc::not_found, 0, "symbolic link points out of the image");
    (void)p.leave();
    if (p.rest().find_first_not_of('/') == std::string_view::npos && target[n - 1] == std::byte{'/'})
      ends_in_slash = true;
    DOCTEUR_CHECK(p.insert(target.span()));
    current = paths.find(p.resolved());
  }
  // path_resolution(7): "name/" is a directory's.
  if (ends_in_slash && !current->is_folder()) return fail(errc::wrong_kind, 0, "not a directory");
  if (where != nullptr) DOCTEUR_CHECK(copy_text(p.resolved(), *where));
  return *current;
}

result<zlib_extent> image_reader::zlib_stream(const node& n) noexcept {
  if (!n.is_blob()) return fail(errc::wrong_kind, 0, "not a file");
  const std::uint64_t offset = image_->offset(n);
  DOCTEUR_TRY(header, objects_.header(offset));
  const std::uint64_t at = objects_.device_offset(offset);
  if (header.type != entry_type::blob) return fail(errc::wrong_kind, at, "not a whole blob");
  const std::uint64_t limit = objects_.device_offset(image_->index().entry_limit(offset));
  if (limit - at < header.header_size) return fail(errc::truncated, at, "entry ends inside its own header");
  // Without a section table the end of the PACK, and so that of its last entry, is unknown.
  const bool is_last = image_->index().entry_limit(offset) == image_->index().where().limit;
  if (is_last && !image_->sections()) return fail(errc::wrong_kind, at, "the end of the last entry is unknown");
  return zlib_extent{at + header.header_size, limit - at - header.header_size};
}

}  // namespace docteur
