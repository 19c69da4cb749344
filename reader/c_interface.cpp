// Implements reader/docteur.h with the C++ reader.

#include <new>
#include <optional>

#include "reader/attached_image.hpp"
#include "reader/docteur.h"
#include "reader/pinned_device.hpp"

namespace {

using docteur::errc;
using docteur::result;

docteur_status to_status(errc code) noexcept {
  switch (code) {
    case errc::io: return DOCTEUR_IO;
    case errc::unavailable: return DOCTEUR_UNAVAILABLE;
    case errc::bad_version: return DOCTEUR_UNSUPPORTED;
    case errc::too_large: return DOCTEUR_LIMIT;
    case errc::not_found: return DOCTEUR_NOT_FOUND;
    case errc::wrong_kind: return DOCTEUR_WRONG_KIND;
    case errc::symlink_loop: return DOCTEUR_LOOP;
    case errc::out_of_memory: return DOCTEUR_OUT_OF_MEMORY;
    case errc::truncated:
    case errc::bad_magic:
    case errc::bad_checksum:
    case errc::malformed:
    case errc::out_of_range: return DOCTEUR_DAMAGED;
  }
  return DOCTEUR_DAMAGED;
}

docteur_status report(const docteur::error& e, docteur_error* out) noexcept {
  const docteur_status status = to_status(e.code);
  if (out != nullptr) *out = {status, e.at, e.what};
  return status;
}

docteur::node to_node(docteur_node n) noexcept {
  return {static_cast<docteur::entry_kind>(n.kind), n.position, n.inode};
}
docteur_node from_node(const docteur::node& n) noexcept {
  return {static_cast<docteur_kind>(n.kind), n.position, n.leaf};
}

// A caller's C functions are not declared noexcept, so the handle holds the structs, and these functions call them.
result<docteur::done> read_device(void* self, std::uint64_t offset, docteur::mutable_bytes out) noexcept {
  const auto* d = static_cast<const docteur_device*>(self);
  const int failed = d->read(d->self, offset, out.data(), out.size());
  if (failed == DOCTEUR_UNAVAILABLE) return docteur::fail(errc::unavailable, offset, "the device does not answer");
  if (failed != 0) return docteur::fail(errc::io, offset, "the device failed");
  return docteur::done{};
}
void* allocate(void* self, std::size_t size) noexcept {
  const auto* m = static_cast<const docteur_memory*>(self);
  return m->allocate(m->self, size);
}
void release(void* self, void* block, std::size_t size) noexcept {
  const auto* m = static_cast<const docteur_memory*>(self);
  m->release(m->self, block, size);
}

}  // namespace

struct docteur_image {
  docteur_device c_device;
  docteur_memory c_memory;
  std::optional<docteur::pinned_device> pinned{};  // over disk()
  docteur::attached_image attached{};

  [[nodiscard]] docteur::memory memory() noexcept { return {&c_memory, allocate, release}; }
  [[nodiscard]] docteur::device disk() noexcept {
    return {&c_device, c_device.size, read_device, static_cast<const std::byte*>(c_device.view)};
  }
};

struct docteur_list {
  docteur::directory_list entries;
  docteur::memory from;
};

struct docteur_file {
  docteur::blob_stream content;
  docteur::memory from;
};

namespace {

// Creates an object of the C interface in the caller's memory, and destroys it.
template <class T, class... Args>
T* create(const docteur::memory& from, Args&&... args) noexcept {
  void* block = from.allocate(from.self, sizeof(T));
  return block == nullptr ? nullptr : new (block) T{std::forward<Args>(args)...};
}
template <class T>
void destroy(const docteur::memory& from, T* object) noexcept {
  object->~T();
  from.release(from.self, object, sizeof(T));
}

docteur_status out_of_memory(docteur_error* error) noexcept {
  return report({errc::out_of_memory, 0, "no more memory"}, error);
}

docteur_status attach(const docteur_device* device, const docteur_memory* memory, size_t cache_bytes,
                      const docteur::oid* digest, docteur_image** out, docteur_error* error) noexcept {
  docteur_memory c_memory = *memory;
  auto* d = create<docteur_image>({&c_memory, allocate, release}, *device, c_memory);
  if (d == nullptr) return out_of_memory(error);
  const auto work = [&]() noexcept -> result<docteur::done> {
    docteur::attach_options options;
    options.cache_bytes = cache_bytes;
    if (digest == nullptr) return d->attached.attach(d->disk(), d->memory(), options);
    DOCTEUR_TRY(pinned, docteur::pinned_device::open(d->disk(), d->memory(), *digest));
    d->pinned.emplace(std::move(pinned));
    return d->attached.attach(d->pinned->view(), d->memory(), options);
  };
  if (const auto attached = work(); !attached) {
    destroy<docteur_image>({&c_memory, allocate, release}, d);
    return report(attached.error(), error);
  }
  *out = d;
  return DOCTEUR_OK;
}

void copy_id(const docteur::oid& id, docteur_id* out) noexcept {
  out->size = docteur::id_size(id.kind());
  std::memcpy(out->bytes, id.view().data(), out->size);
}

}  // namespace

static_assert(DOCTEUR_DIGEST_SIZE == docteur::kDigestSize);
static_assert(DOCTEUR_MAX_ID_SIZE == docteur::kMaxIdSize);
static_assert(static_cast<int>(docteur::entry_kind::submodule) == DOCTEUR_SUBMODULE);

uint32_t docteur_version(void) { return DOCTEUR_VERSION_NUMBER; }

docteur_status docteur_attach(const docteur_device* device, const docteur_memory* memory, size_t cache_bytes,
                              docteur_image** out, docteur_error* error) {
  return attach(device, memory, cache_bytes, nullptr, out, error);
}

docteur_status docteur_attach_pinned(const docteur_device* device, const docteur_memory* memory, size_t cache_bytes,
                                     const uint8_t digest[DOCTEUR_DIGEST_SIZE], docteur_image** out,
                                     docteur_error* error) {
  docteur::oid pin(docteur::hash_kind::sha256);
  std::memcpy(pin.view().data(), digest, DOCTEUR_DIGEST_SIZE);
  return attach(device, memory, cache_bytes, &pin, out, error);
}

void docteur_detach(docteur_image* d) {
  if (d == nullptr) return;
  docteur_memory c_memory = d->c_memory;  // a copy: the block that holds the original is released with it
  destroy<docteur_image>({&c_memory, allocate, release}, d);
}

void docteur_get_head(const docteur_image* d, docteur_head* out) {
  const docteur::commit_view& head = d->attached.snapshot().commit();
  copy_id(d->attached.snapshot().commit_id(), &out->commit);
  copy_id(head.tree, &out->root);
  out->author_name = head.author.name.data();
  out->author_name_size = head.author.name.size();
  out->author_mail = head.author.mail.data();
  out->author_mail_size = head.author.mail.size();
  out->committed = head.committer.seconds;
  out->message = head.message.data();
  out->message_size = head.message.size();
}

uint32_t docteur_paths(const docteur_image* d) { return d->attached.snapshot().tree().size(); }

size_t docteur_memory_used(const docteur_image* d) {
  return d->attached.memory_used() + (d->pinned ? d->pinned->memory_used() : 0);
}

docteur_status docteur_find(const docteur_image* d, const char* path, size_t path_size, docteur_node* out) {
  const auto n = d->attached.snapshot().find({path, path_size});
  if (!n) return DOCTEUR_NOT_FOUND;
  *out = from_node(*n);
  return DOCTEUR_OK;
}

docteur_status docteur_resolve(docteur_image* d, const char* path, size_t path_size, docteur_node* out,
                               docteur_error* error) {
  const auto n = d->attached.reader().resolve(d->attached.snapshot(), {path, path_size});
  if (!n) return report(n.error(), error);
  *out = from_node(*n);
  return DOCTEUR_OK;
}

docteur_status docteur_oid(const docteur_image* d, docteur_node node, docteur_id* out, docteur_error* error) {
  const auto id = d->attached.snapshot().id(to_node(node));
  if (!id) return report(id.error(), error);
  copy_id(*id, out);
  return DOCTEUR_OK;
}

docteur_status docteur_size(docteur_image* d, docteur_node node, uint64_t* out, docteur_error* error) {
  const auto n = d->attached.reader().size(to_node(node));
  if (!n) return report(n.error(), error);
  *out = *n;
  return DOCTEUR_OK;
}

docteur_status docteur_read(docteur_image* d, docteur_node node, void* out, size_t size, docteur_error* error) {
  const auto read = d->attached.reader().read(to_node(node), {static_cast<std::byte*>(out), size});
  return read ? DOCTEUR_OK : report(read.error(), error);
}

docteur_status docteur_open(docteur_image* d, docteur_node node, docteur_file** out, docteur_error* error) {
  auto content = d->attached.reader().open(to_node(node));
  if (!content) return report(content.error(), error);
  auto* file = create<docteur_file>(d->memory(), std::move(*content), d->memory());
  if (file == nullptr) return out_of_memory(error);
  *out = file;
  return DOCTEUR_OK;
}

uint64_t docteur_file_size(const docteur_file* file) { return file->content.size(); }

docteur_status docteur_pread(docteur_file* file, void* out, size_t size, uint64_t offset, size_t* got,
                             docteur_error* error) {
  const std::uint64_t end = file->content.size();
  const std::uint64_t rest = offset < end ? end - offset : 0;
  if (size > rest) size = static_cast<std::size_t>(rest);
  *got = 0;
  if (size == 0) return DOCTEUR_OK;
  const auto read = file->content.read(offset, {static_cast<std::byte*>(out), size});
  if (!read) return report(read.error(), error);
  *got = size;
  return DOCTEUR_OK;
}

void docteur_close(docteur_file* file) {
  if (file != nullptr) destroy(docteur::memory(file->from), file);
}

docteur_status docteur_read_range(docteur_image* d, docteur_node node, uint64_t offset, void* out, size_t size,
                                  docteur_error* error) {
  auto stream = d->attached.reader().open(to_node(node));
  if (!stream) return report(stream.error(), error);
  if (offset > stream->size() || size > stream->size() - offset) {
    if (error != nullptr) *error = {DOCTEUR_OUT_OF_RANGE, offset, "range leaves the file"};
    return DOCTEUR_OUT_OF_RANGE;
  }
  const auto read = stream->read(offset, {static_cast<std::byte*>(out), size});
  return read ? DOCTEUR_OK : report(read.error(), error);
}

docteur_status docteur_list_open(docteur_image* d, const char* path, size_t path_size, const char* after,
                                 size_t after_size, docteur_list** out, docteur_error* error) {
  auto entries =
      d->attached.snapshot().list({path, path_size}, docteur::snapshot::depth::children, {after, after_size});
  if (!entries) return report(entries.error(), error);
  auto* list = create<docteur_list>(d->memory(), std::move(*entries), d->memory());
  if (list == nullptr) return out_of_memory(error);
  *out = list;
  return DOCTEUR_OK;
}

int docteur_list_next(docteur_list* list, const char** name, size_t* name_size, docteur_node* out) {
  const auto e = list->entries.next();
  if (!e) return 0;
  *name = e->name.data();
  *name_size = e->name.size();
  *out = from_node(e->node);
  return 1;
}

void docteur_list_close(docteur_list* list) {
  if (list != nullptr) destroy(docteur::memory(list->from), list);
}
