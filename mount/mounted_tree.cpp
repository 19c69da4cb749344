#include "mount/mounted_tree.hpp"

#include <malloc.h>

#include <algorithm>
#include <climits>

#include "base/oid_text.hpp"
#include "mount/node_number.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kFirstCache = std::uint64_t{12} << 20;   // bytes
constexpr std::uint64_t kFurtherCache = std::uint64_t{4} << 20;  // bytes
constexpr std::uint64_t kContents = std::uint64_t{8} << 20;      // bytes
constexpr std::uint64_t kSpill = std::uint64_t{512} << 20;       // bytes on disk
constexpr std::uint64_t kMostPiece = std::uint64_t{2} << 20;     // bytes
constexpr std::uint32_t kBlock = 4096;                           // bytes
constexpr std::string_view kOid = "user.docteur.oid";
constexpr std::string_view kCommit = "user.docteur.commit";

std::string below(const std::string& folder, std::string_view name) {
  std::string path = folder;
  if (!path.empty()) path += '/';
  return path.append(name);
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

// The part of whole content from byte `at`, at most `size` bytes.
bytes range(const held_content& content, std::uint64_t at, std::size_t size) {
  const bytes rest = bytes(content.data.span()).subspan(std::min<std::uint64_t>(at, content.size));
  return rest.first(std::min(size, rest.size()));
}

}  // namespace

mounted_tree::mounted_tree(const snapshot& of, const memory& from, tree_owner owner)
    : snapshot_(&of),
      memory_(from),
      owner_(owner),
      root_(*of.find("")),
      readers_(of.image(), from, kFirstCache, kFurtherCache),
      contents_(kContents),
      spill_(kSpill) {}

node mounted_tree::find(std::uint64_t number) const noexcept { return number == kRootNumber ? root_ : node_of(number); }

result<node> mounted_tree::entry(std::uint64_t folder, std::string_view name) const {
  const auto path = folders_.path(folder);
  if (!path) return fail(errc::wrong_kind, 0, "not a folder");
  const auto found = snapshot_->find(below(*path, name));
  if (!found) return fail(errc::not_found, 0, "no such path");
  return *found;
}

void mounted_tree::hold(std::uint64_t folder, std::string_view name, const node& n) {
  if (!n.is_folder()) return;
  if (const auto path = folders_.path(folder)) folders_.add(number_of(n), below(*path, name));
}

void mounted_tree::release(std::uint64_t number, std::uint64_t count) {
  if (find(number).is_folder()) folders_.forget(number, count);
}

result<struct stat> mounted_tree::status(const node& n) {
  struct stat s {};
  switch (n.kind) {
    case entry_kind::file: s.st_mode = S_IFREG | 0644; break;
    case entry_kind::executable: s.st_mode = S_IFREG | 0755; break;
    case entry_kind::symlink: s.st_mode = S_IFLNK | 0777; break;
    default: s.st_mode = S_IFDIR | 0755; break;
  }
  if (n.is_blob()) {
    DOCTEUR_TRY(lease, readers_.borrow());
    DOCTEUR_TRY(size, lease.reader().size(n));
    s.st_size = static_cast<off_t>(size);
    s.st_blocks = static_cast<blkcnt_t>((size + 511) / 512);
  }
  s.st_ino = n.leaf;
  s.st_nlink = 1;
  s.st_uid = owner_.user;
  s.st_gid = owner_.group;
  s.st_blksize = kBlock;
  s.st_mtim.tv_sec = s.st_atim.tv_sec = s.st_ctim.tv_sec = snapshot_->commit().committer.seconds;
  return s;
}

result<done> mounted_tree::list(std::uint64_t folder, std::uint64_t passed,
                                const std::function<bool(const listed&)>& take) {
  const auto path = folders_.path(folder);
  if (!path) return fail(errc::wrong_kind, 0, "not a folder");
  const node self = find(folder);
  if (passed == 0 && !take({".", self, ++passed, true})) return done{};
  if (passed == 1 && !take({"..", *snapshot_->find(parent_of(*path)), ++passed, true})) return done{};
  if (self.kind != entry_kind::directory) return done{};

  const auto mark = folders_.last_mark(folder, passed);
  DOCTEUR_TRY(entries, snapshot_->list(*path, snapshot::depth::children, mark ? std::string_view(mark->name) : ""));
  std::uint64_t place = mark ? mark->passed : 2;
  std::string last;
  while (const auto e = entries.next()) {
    ++place;
    if (place <= passed) continue;
    if (e->name.size() <= kMostName && !take({e->name, e->node, place, false})) {
      if (!last.empty()) folders_.leave_mark(folder, place - 1, last);
      break;
    }
    last = e->name;
  }
  return done{};
}

result<std::string> mounted_tree::target(const node& n) {
  if (n.kind != entry_kind::symlink) return fail(errc::wrong_kind, 0, "not a symbolic link");
  DOCTEUR_TRY(lease, readers_.borrow());
  DOCTEUR_TRY(size, lease.reader().size(n));
  if (size == 0 || size >= PATH_MAX) return fail(errc::malformed, 0, "target of a symbolic link is empty or too long");
  std::string text(size, '\0');
  DOCTEUR_CHECK(lease.reader().read(n, std::as_writable_bytes(std::span(text))));
  if (text.find('\0') != std::string::npos) return fail(errc::malformed, 0, "target of a symbolic link has a NUL");
  return text;
}

result<held_content> mounted_tree::open_streams(image_reader& with, const node& n, std::uint64_t size) {
  held_content content;
  content.size = size;
  DOCTEUR_TRY(points, with.image().restarts().find(with.image().offset(n), size));
  content.streams = std::make_unique<blob_streams>(n);
  // A deflated blob costs an interval between restart points whatever is read of it.
  if (points && !points->stored && points->interval <= kMostPiece && size / points->interval < ~std::uint32_t{0})
    content.piece = points->interval;
  return content;
}

// A large delta is rebuilt beside its base and its instructions, each as large: all other memory is given back first.
void mounted_tree::release_caches(image_reader& with) noexcept {
  with.objects().cache().release();
  readers_.release_caches();
  ::malloc_trim(0);
}

// A blob that the reader would rebuild whole is held whole, after a comparison with its id. Whoever begins at a byte in
// its middle (`at`) has no order and comes back, or came before.
result<content_store::handle> mounted_tree::hold_content(image_reader& with, const node& n, std::uint64_t size,
                                                         std::uint64_t at) {
  const std::uint64_t key = content_key(n.position);
  DOCTEUR_TRY(header, with.objects().header(with.image().offset(n)));
  if (!is_delta(header.type) && size >= with.image().bounds().streamed_blob)
    return contents_.get(key, kStreamsCost, [&] { return open_streams(with, n, size); });
  if (size > with.image().bounds().object_bytes)
    return fail(errc::too_large, with.objects().device_offset(with.image().offset(n)), "object is over the limit");
  return contents_.get(key, size, [&]() -> result<held_content> {
    if (size > kContents) release_caches(with);
    held_content content;
    content.size = size;
    DOCTEUR_TRY(whole, owned_array<std::byte>::make(memory_, size));
    DOCTEUR_CHECK(with.read(n, whole.span()));
    if (at > 0) spill_.put(key, whole.span());
    content.data = std::move(whole);
    return content;
  });
}

result<done> mounted_tree::read(const node& n, std::uint64_t at, std::size_t size,
                                const std::function<void(bytes)>& take) {
  if (!is_file(n.kind)) return fail(errc::wrong_kind, 0, "not a file");
  content_store::handle content = contents_.find(content_key(n.position));
  if (content != nullptr && content->streams == nullptr) return take(range(*content, at, size)), done{};
  DOCTEUR_TRY(lease, readers_.borrow());
  if (content == nullptr) {
    // The size of a delta costs more than this.
    if (const std::uint64_t held = spill_.size(content_key(n.position)); held > at) {
      DOCTEUR_TRY(buffer, lease.buffer(std::min<std::uint64_t>(size, held - at)));
      if (spill_.read(content_key(n.position), at, buffer)) return take(buffer), done{};
    }
    DOCTEUR_TRY(length, lease.reader().size(n));
    // The kernel keeps what it gets, so a file that it gets at once will not be asked for again soon.
    if (at == 0 && length <= size) {
      DOCTEUR_TRY(buffer, lease.buffer(length));
      DOCTEUR_CHECK(lease.reader().read(n, buffer));
      return take(buffer), done{};
    }
    if (at >= length) return take({}), done{};
    DOCTEUR_TRY(built, hold_content(lease.reader(), n, length, at));
    content = std::move(built);
    if (content->streams == nullptr) return take(range(*content, at, size)), done{};
  }
  if (at >= content->size) return take({}), done{};
  DOCTEUR_TRY(buffer, lease.buffer(std::min<std::uint64_t>(size, content->size - at)));
  if (content->piece == 0) {
    DOCTEUR_CHECK(content->streams->read(lease.reader(), at, buffer));
  } else {
    DOCTEUR_CHECK(read_pieces(lease.reader(), n, *content, at, buffer));
  }
  return take(buffer), done{};
}

result<done> mounted_tree::read_pieces(image_reader& with, const node& n, const held_content& from, std::uint64_t at,
                                       mutable_bytes out) {
  while (!out.empty()) {
    const std::uint64_t number = at / from.piece, start = number * from.piece;
    const auto build = [&]() -> result<held_content> {
      held_content piece;
      piece.size = from.size;
      DOCTEUR_TRY(data, owned_array<std::byte>::make(memory_, std::min(from.piece, from.size - start)));
      DOCTEUR_CHECK(from.streams->read(with, start, data.span()));
      if (at > start) spill_.put(content_key(n.position, static_cast<std::uint32_t>(number)), data.span());
      piece.data = std::move(data);
      return piece;
    };
    const std::uint64_t key = content_key(n.position, static_cast<std::uint32_t>(number));
    const auto some = static_cast<std::size_t>(
        std::min<std::uint64_t>({start + from.piece - at, from.size - at, std::uint64_t{out.size()}}));
    if (contents_.find(key) != nullptr || !spill_.read(key, at - start, out.first(some))) {
      DOCTEUR_TRY(piece, contents_.get(key, std::min(from.piece, from.size - start), build));
      const bytes rest = bytes(piece->data.span()).subspan(at - start);
      std::memcpy(out.data(), rest.data(), some);
    }
    out = out.subspan(some);
    at += some;
  }
  return done{};
}

std::string mounted_tree::attribute_names(const node& n) const {
  // Linux gives "user." attributes to files and folders only.
  if (n.kind == entry_kind::symlink) return {};
  std::string names = std::string(kOid) + '\0';
  if (is_root(n)) names += std::string(kCommit) + '\0';
  return names;
}

result<std::string> mounted_tree::attribute(const node& n, std::string_view name) const {
  if (name == kCommit && is_root(n)) return hex_text(snapshot_->commit_id());
  if (name != kOid || n.kind == entry_kind::symlink) return fail(errc::not_found, 0, "no such attribute");
  DOCTEUR_TRY(id, snapshot_->id(n));
  return hex_text(id);
}

struct statvfs mounted_tree::space() const noexcept {
  struct statvfs s {};
  s.f_bsize = s.f_frsize = kBlock;
  s.f_blocks = (snapshot_->image().disk().size + kBlock - 1) / kBlock;
  s.f_files = snapshot_->tree().size();
  s.f_namemax = kMostName;
  s.f_flag = ST_RDONLY;
  return s;
}

}  // namespace docteur
