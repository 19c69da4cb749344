#include "mount/file_contents.hpp"

#include <malloc.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "object/commit.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kFirstCache = std::uint64_t{12} << 20;   // bytes
constexpr std::uint64_t kFurtherCache = std::uint64_t{4} << 20;  // bytes
constexpr std::uint64_t kContents = std::uint64_t{8} << 20;      // bytes
constexpr std::uint64_t kSpill = std::uint64_t{512} << 20;       // bytes on disk
constexpr std::uint64_t kMostPiece = std::uint64_t{2} << 20;     // bytes

// The part of whole content from byte `at`, at most `size` bytes.
bytes range(const held_content& content, std::uint64_t at, std::size_t size) {
  const bytes rest = bytes(content.data.span()).subspan(std::min<std::uint64_t>(at, content.size));
  return rest.first(std::min(size, rest.size()));
}

}  // namespace

file_contents::file_contents(const image& of, const memory& from)
    : memory_(from), readers_(of, from, kFirstCache, kFurtherCache), contents_(kContents), spill_(kSpill) {}

result<std::uint64_t> file_contents::size(const node& n) {
  DOCTEUR_TRY(lease, readers_.borrow());
  return lease.reader().size(n);
}

result<std::int64_t> file_contents::committed(const oid& commit) {
  DOCTEUR_TRY(lease, readers_.borrow());
  const image& from = lease.reader().image();
  DOCTEUR_TRY(position, from.index().find(commit));
  if (!position) return fail(errc::malformed, 0, "the commit of a version is not in the image");
  DOCTEUR_TRY(object, lease.reader().objects().read(from.index().offset(*position)));
  const std::uint64_t at = lease.reader().objects().device_offset(from.index().offset(*position));
  if (object.type != object_type::commit ||
      object_id(from.kind(), object_type::commit, object.content.span()) != commit)
    return fail(errc::bad_checksum, at, "content of the commit does not match its id");
  DOCTEUR_TRY(parsed, parse_commit(object.content.span(), from.kind(), at));
  return parsed.committer.seconds;
}

result<std::string> file_contents::target(const node& n) {
  if (n.kind != entry_kind::symlink) return fail(errc::wrong_kind, 0, "not a symbolic link");
  DOCTEUR_TRY(lease, readers_.borrow());
  DOCTEUR_TRY(size, lease.reader().size(n));
  if (size == 0 || size >= PATH_MAX) return fail(errc::malformed, 0, "target of a symbolic link is empty or too long");
  std::string text(size, '\0');
  DOCTEUR_CHECK(lease.reader().read(n, std::as_writable_bytes(std::span(text))));
  if (text.find('\0') != std::string::npos) return fail(errc::malformed, 0, "target of a symbolic link has a NUL");
  return text;
}

result<held_content> file_contents::open_streams(image_reader& with, const node& n, std::uint64_t size) {
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
void file_contents::release_caches(image_reader& with) noexcept {
  with.objects().cache().release();
  readers_.release_caches();
  ::malloc_trim(0);
}

// A blob that the reader would rebuild whole is held whole, after a comparison with its id. Whoever begins at a byte in
// its middle (`at`) has no order and comes back, or came before.
result<content_store::handle> file_contents::hold_content(image_reader& with, const node& n, std::uint64_t size,
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

result<done> file_contents::read(const node& n, std::uint64_t at, std::size_t size,
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

result<done> file_contents::read_pieces(image_reader& with, const node& n, const held_content& from, std::uint64_t at,
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

}  // namespace docteur
