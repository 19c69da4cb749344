// Implements reader/docteur.h with the C++ reader.

#include <new>
#include <optional>

#include "reader/attached_image.hpp"
#include "reader/docteur.h"
#include "reader/pinned_device.hpp"
#include "reader/version_list.hpp"

namespace {

using docteur::done;
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
result<done> read_device(void* self, std::uint64_t offset, docteur::mutable_bytes out) noexcept {
  const auto* d = static_cast<const docteur_device*>(self);
  const int failed = d->read(d->self, offset, out.data(), out.size());
  if (failed == DOCTEUR_UNAVAILABLE) return docteur::fail(errc::unavailable, offset, "the device does not answer");
  if (failed != 0) return docteur::fail(errc::io, offset, "the device failed");
  return done{};
}
void* allocate(void* self, std::size_t size) noexcept {
  const auto* m = static_cast<const docteur_memory*>(self);
  return m->allocate(m->self, size);
}
void release(void* self, void* block, std::size_t size) noexcept {
  const auto* m = static_cast<const docteur_memory*>(self);
  m->release(m->self, block, size);
}

// What the handles of an image and of its versions share.
struct whole_image {
  docteur_device c_device;
  docteur_memory c_memory;
  std::optional<docteur::pinned_device> pinned{};  // over disk()
  docteur::attached_image attached{};
  std::optional<docteur::version_list> versions{};  // once they were asked for

  [[nodiscard]] docteur::memory memory() noexcept { return {&c_memory, allocate, release}; }
  [[nodiscard]] docteur::device disk() noexcept {
    return {&c_device, c_device.size, read_device, static_cast<const std::byte*>(c_device.view)};
  }
  [[nodiscard]] std::size_t memory_used() const noexcept {
    return attached.memory_used() + (pinned ? pinned->memory_used() : 0) + (versions ? versions->memory_used() : 0);
  }
};

}  // namespace

struct docteur_image {
  whole_image* whole;
  std::optional<docteur::snapshot> version{};  // without it, the handle is the image's and owns `whole`

  [[nodiscard]] const docteur::snapshot& snapshot() const noexcept {
    return version ? *version : whole->attached.snapshot();
  }
  [[nodiscard]] docteur::image_reader& reader() const noexcept { return whole->attached.reader(); }
  [[nodiscard]] docteur::memory memory() const noexcept { return whole->memory(); }
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

result<done> attach(whole_image& to, std::size_t cache_bytes, const docteur::oid* digest) noexcept {
  docteur::attach_options options;
  options.cache_bytes = cache_bytes;
  if (digest == nullptr) return to.attached.attach(to.disk(), to.memory(), options);
  DOCTEUR_TRY(pinned, docteur::pinned_device::open(to.disk(), to.memory(), *digest));
  to.pinned.emplace(std::move(pinned));
  return to.attached.attach(to.pinned->view(), to.memory(), options);
}

void destroy(whole_image* whole) noexcept {
  docteur_memory c_memory = whole->c_memory;  // a copy: the block that holds the original is released with it
  destroy<whole_image>({&c_memory, allocate, release}, whole);
}

docteur_status attach(const docteur_device* device, const docteur_memory* memory, size_t cache_bytes,
                      const docteur::oid* digest, docteur_image** out, docteur_error* error) noexcept {
  docteur_memory c_memory = *memory;
  auto* whole = create<whole_image>({&c_memory, allocate, release}, *device, c_memory);
  if (whole == nullptr) return out_of_memory(error);
  const auto attached = attach(*whole, cache_bytes, digest);
  auto* d = attached ? create<docteur_image>(whole->memory(), whole) : nullptr;
  if (d == nullptr) {
    destroy(whole);
    return attached ? out_of_memory(error) : report(attached.error(), error);
  }
  *out = d;
  return DOCTEUR_OK;
}

// The list of versions, read when it is first asked for.
result<const docteur::version_list*> versions_of(whole_image& of) noexcept {
  if (!of.versions) {
    DOCTEUR_TRY(list, docteur::version_list::load(of.attached.image()));
    of.versions.emplace(std::move(list));
  }
  return &*of.versions;
}

result<docteur_image*> attach_version(whole_image& of, std::string_view name) noexcept {
  DOCTEUR_TRY(list, versions_of(of));
  const auto found = list->find(name);
  if (!found) return docteur::fail(errc::not_found, 0, "no such version");
  DOCTEUR_TRY(snapshot, docteur::snapshot::attach(of.attached.image(), *list, *found));
  if (auto* d = create<docteur_image>(of.memory(), &of, std::move(snapshot))) return d;
  return docteur::fail(errc::out_of_memory, 0, "no more memory");
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
  whole_image* const whole = d->whole;
  const bool is_version = d->version.has_value();
  destroy(whole->memory(), d);
  if (!is_version) destroy(whole);
}

void docteur_get_head(const docteur_image* d, docteur_head* out) {
  const docteur::commit_view& head = d->snapshot().commit();
  copy_id(d->snapshot().commit_id(), &out->commit);
  copy_id(head.tree, &out->root);
  out->author_name = head.author.name.data();
  out->author_name_size = head.author.name.size();
  out->author_mail = head.author.mail.data();
  out->author_mail_size = head.author.mail.size();
  out->committed = head.committer.seconds;
  out->message = head.message.data();
  out->message_size = head.message.size();
}

uint32_t docteur_paths(const docteur_image* d) { return d->snapshot().tree().size(); }

size_t docteur_memory_used(const docteur_image* d) {
  return d->version ? d->version->memory_used() : d->whole->memory_used();
}

docteur_status docteur_versions(docteur_image* d, uint32_t* out, docteur_error* error) {
  const auto list = versions_of(*d->whole);
  if (!list) return report(list.error(), error);
  *out = (*list)->size();
  return DOCTEUR_OK;
}

docteur_status docteur_get_version(docteur_image* d, uint32_t number, docteur_version_info* out, docteur_error* error) {
  const auto list = versions_of(*d->whole);
  if (!list) return report(list.error(), error);
  if (number >= (*list)->size()) {
    if (error != nullptr) *error = {DOCTEUR_OUT_OF_RANGE, 0, "no version of this number"};
    return DOCTEUR_OUT_OF_RANGE;
  }
  const docteur::version v = (**list)[number];
  copy_id(v.commit, &out->commit);
  out->name = v.name.data();
  out->name_size = v.name.size();
  out->reference = v.reference.data();
  out->reference_size = v.reference.size();
  return DOCTEUR_OK;
}

docteur_status docteur_attach_version(docteur_image* d, const char* name, size_t name_size, docteur_image** out,
                                      docteur_error* error) {
  const auto version = attach_version(*d->whole, {name, name_size});
  if (!version) return report(version.error(), error);
  *out = *version;
  return DOCTEUR_OK;
}

docteur_status docteur_find(const docteur_image* d, const char* path, size_t path_size, docteur_node* out) {
  const auto n = d->snapshot().find({path, path_size});
  if (!n) return DOCTEUR_NOT_FOUND;
  *out = from_node(*n);
  return DOCTEUR_OK;
}

docteur_status docteur_resolve(docteur_image* d, const char* path, size_t path_size, docteur_node* out,
                               docteur_error* error) {
  const auto n = d->reader().resolve(d->snapshot(), {path, path_size});
  if (!n) return report(n.error(), error);
  *out = from_node(*n);
  return DOCTEUR_OK;
}

docteur_status docteur_oid(const docteur_image* d, docteur_node node, docteur_id* out, docteur_error* error) {
  const auto id = d->snapshot().id(to_node(node));
  if (!id) return report(id.error(), error);
  copy_id(*id, out);
  return DOCTEUR_OK;
}

docteur_status docteur_size(docteur_image* d, docteur_node node, uint64_t* out, docteur_error* error) {
  const auto n = d->reader().size(to_node(node));
  if (!n) return report(n.error(), error);
  *out = *n;
  return DOCTEUR_OK;
}

docteur_status docteur_read(docteur_image* d, docteur_node node, void* out, size_t size, docteur_error* error) {
  const auto read = d->reader().read(to_node(node), {static_cast<std::byte*>(out), size});
  return read ? DOCTEUR_OK : report(read.error(), error);
}

docteur_status docteur_open(docteur_image* d, docteur_node node, docteur_file** out, docteur_error* error) {
  auto content = d->reader().open(to_node(node));
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
  auto stream = d->reader().open(to_node(node));
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
  auto entries = d->snapshot().list({path, path_size}, docteur::snapshot::depth::children, {after, after_size});
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
