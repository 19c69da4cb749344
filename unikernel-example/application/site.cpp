#include "unikernel-example/application/site.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>

#include "object/hasher.hpp"
#include "unikernel-example/application/gzip_member.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kMostFacts = 8192;   // then all are dropped: relearning one costs a read of a header
constexpr std::size_t kMostProved = 4096;  // large blobs
constexpr std::uint64_t kWorthIt = 64;     // bytes that a coded representation must save

}  // namespace

site::site(std::shared_ptr<mounted_image> of, inflater&& inflate)
    : shared_(std::move(of)),
      inflater_(std::move(inflate)),
      most_live_(shared_->options().cache_bytes + shared_->options().sent_bytes),
      open_reads_(std::make_shared<cache_vm::open_reads>(std::max<std::size_t>(
          shared_->options().read_bytes / shared_->options().loops / cache_vm::open_reads::kEach, kLeastOpen))) {}

result<std::shared_ptr<site>> site::make(std::shared_ptr<mounted_image> of) {
  const site_options& o = of->options();
  DOCTEUR_TRY(inflate, inflater::make());
  std::shared_ptr<site> made(new site(std::move(of), std::move(inflate)));
  DOCTEUR_TRY(reader, image_reader::make(made->image(), made->reader_memory(), o.cache_bytes / 4 / o.loops));
  made->reader_.emplace(std::move(reader));
  return made;
}

template <class Allocate>
auto site::with_room(const Allocate& allocate) noexcept {
  auto block = allocate();
  if (block != nullptr) return block;
  held_.trim(*shared_->live(), 0);
  block = allocate();
  if (block != nullptr) return block;
  cache().clear();
  held_.trim(*shared_->live(), 0);
  return allocate();
}

docteur::memory site::reader_memory() noexcept {
  docteur::memory m{this,
                    [](void* self, std::size_t size) noexcept {
                      site& s = *static_cast<site*>(self);
                      const docteur::memory& heap = s.shared_->options().heap;
                      return s.with_room([&] { return heap.allocate(heap.self, size); });
                    },
                    [](void* self, void* block, std::size_t size) noexcept {
                      const docteur::memory& heap = static_cast<site*>(self)->shared_->options().heap;
                      heap.release(heap.self, block, size);
                    }};
  if (shared_->options().heap.resize != nullptr)
    m.resize = [](void* self, void* block, std::size_t old_size, std::size_t size) noexcept {
      site& s = *static_cast<site*>(self);
      const docteur::memory& heap = s.shared_->options().heap;
      return s.with_room([&] { return heap.resize(heap.self, block, old_size, size); });
    };
  return m;
}

result<node> site::find(const docteur::snapshot& in, std::string_view path) {
  // A path that is found has no symbolic link on its way, for those lead nowhere by themselves.
  if (const auto n = in.find(path); n && n->kind != entry_kind::symlink) return *n;
  return reader().resolve(in, path);
}

result<std::string> site::folder(const docteur::snapshot& in, std::string_view path) {
  owned_array<char> where(shared_->options().heap);
  DOCTEUR_TRY(n, reader().resolve(in, path, &where));
  if (n.kind != entry_kind::directory) return fail(errc::wrong_kind, 0, "not a directory");
  return std::string(where.data(), where.size());
}

result<const object_facts*> site::facts(const node& n) { return learn(n.position, image().offset(n)); }

result<const object_facts*> site::facts(const oid& id) {
  DOCTEUR_TRY(position, image().index().find(id));
  if (!position) return fail(errc::not_found, 0, "no such object");
  return learn(*position, image().index().offset(*position));
}

result<const object_facts*> site::facts(std::uint32_t position) {
  return learn(position, image().index().offset(position));
}

result<const object_facts*> site::learn(std::uint32_t position, std::uint64_t offset) {
  if (const auto known = facts_.find(position); known != facts_.end()) return &known->second;
  DOCTEUR_TRY(info, reader().objects().info(offset));
  DOCTEUR_TRY(id, image().index().id(position));
  object_facts f{position, info.type, id, info.size, is_delta(info.header.type), false, std::nullopt, {}};
  if (info.type == object_type::blob && fits_whole(f)) {
    const auto stream = reader().zlib_stream({entry_kind::file, position});
    if (!stream && is_device_failure(stream.error())) return tl::make_unexpected(stream.error());
    if (stream && stream->size + kWorthIt <= f.size) f.deflate = *stream;
  }
  f.streams = info.type == object_type::blob && !fits_whole(f) && !f.delta;
  // What is built whole is bounded before anybody adds to it or takes memory for it.
  if (!f.streams && f.size > image().bounds().object_bytes)
    return fail(errc::too_large, reader().objects().device_offset(offset), "object is over the limit");
  if (facts_.size() >= kMostFacts) facts_.clear();
  return &facts_.emplace(position, f).first->second;
}

result<shared_content> site::whole(const object_facts& f, content_form form) {
  const content_cache::key key = content_cache::key_of(f.position, form);
  if (form == content_form::made_gzip) return cache().find(key);
  if (shared_content c = cache().find(key)) return c;
  DOCTEUR_TRY(c, form == content_form::plain ? read_whole(f) : read_coded(f, form));
  return c ? cache().put(key, c) : c;
}

result<shared_content> site::whole_again(const object_facts& f, content_form form, std::uint32_t dictionary) {
  if (shared_content c = cache().find(content_cache::key_of(f.position, form, dictionary))) return c;
  if (form == content_form::plain) return read_whole(f);
  DOCTEUR_TRY(plain, whole_again(f, content_form::plain));
  shared_content c;
  if (form == content_form::made_dcz) {
    DOCTEUR_TRY(of_dictionary, facts(dictionary));
    DOCTEUR_TRY(old, whole_again(object_facts(*of_dictionary), content_form::plain));
    c = shared_->dictionaries().make(*plain, *old);
  } else {
    c = shared_->gzips().make(*plain);
  }
  if (!c) return fail(errc::unavailable, 0, "content cannot be coded again");
  return c;
}

std::shared_ptr<content> site::make_content(const object_facts& f, content_form form, std::uint64_t size) {
  const auto& live = shared_->live();
  held_.trim(*live, most_live_ - std::min(size, most_live_));
  auto c = std::make_shared<content>();
  c->data.reset(with_room([size] { return new (std::nothrow) std::byte[size]; }));
  if (!c->data) throw std::bad_alloc();
  c->size = size;
  c->position = f.position;
  c->form = form;
  c->counted = live;
  live->fetch_add(size, std::memory_order_relaxed);
  return c;
}

result<shared_content> site::read_whole(const object_facts& f) {
  const auto c = make_content(f, content_form::plain, f.size);
  const mutable_bytes out(c->data.get(), c->size);
  const std::uint64_t offset = image().index().offset(f.position);
  DOCTEUR_TRY(type, reader().objects().read(offset, out));
  if (type != f.type || object_id(f.id.kind(), type, out) != f.id)
    return fail(errc::bad_checksum, reader().objects().device_offset(offset), "content does not match its id");
  learn_signs(f.position, out);
  return shared_content(c);
}

void site::learn_signs(std::uint32_t position, bytes content) noexcept {
  if (const auto known = facts_.find(position); known != facts_.end() && !known->second.signs.looked)
    known->second.signs = look_for_signs(content);
}

result<text_signs> site::signs(const object_facts& f) {
  if (f.signs.looked) return f.signs;
  // Facts that were copied before the content was read do not know.
  if (const auto known = facts_.find(f.position); known != facts_.end() && known->second.signs.looked)
    return known->second.signs;
  DOCTEUR_TRY(stream, reader().open({entry_kind::file, f.position}));
  std::array<std::byte, kSignsFront> front;
  const std::size_t size = std::min<std::uint64_t>(front.size(), f.size);
  DOCTEUR_CHECK(stream.read(0, mutable_bytes(front).first(size)));
  learn_signs(f.position, bytes(front).first(size));
  return look_for_signs(bytes(front).first(size));
}

// The stream is read to the place where it stays: what a member has before and behind the blocks is written over what a
// zlib stream has there.
result<shared_content> site::read_coded(const object_facts& f, content_form form) {
  const zlib_extent& stored = *f.deflate;
  const bool is_gzip = form == content_form::gzip;
  const auto c = make_content(f, form, is_gzip ? gzip_size(stored.size) : stored.size);
  const mutable_bytes coded(c->data.get(), c->size);
  const mutable_bytes stream = coded.subspan(is_gzip ? kZlibInGzip : 0, stored.size);
  DOCTEUR_CHECK(read_exactly(image().disk(), stored.offset, stream));
  const auto plain = make_content(f, content_form::plain, f.size);
  const mutable_bytes out(plain->data.get(), plain->size);
  const auto taken = inflater_.inflate(stream, out, stored.offset);
  if (taken && *taken == stream.size() && object_id(f.id.kind(), object_type::blob, out) == f.id) {
    learn_signs(f.position, out);
    if (is_gzip) frame_gzip(coded, out);
    c->crc = libdeflate_crc32(0, coded.data(), coded.size());
    return shared_content(c);
  }
  if (const auto known = facts_.find(f.position); known != facts_.end()) known->second.deflate.reset();
  return shared_content();
}

void site::prove(std::uint32_t position) {
  if (proved_.size() >= kMostProved) proved_.clear();
  proved_.insert(position);
}

void site::flush() noexcept {
  cache().clear();
  facts_.clear();
  proved_.clear();
  reader().objects().cache().clear();
}

void site::retire() noexcept {
  flush();
  reader().objects().cache().close();
  most_live_ = 0;
  trim();
  open_reads_->set_most(kLeastOpen);
}

std::string to_text(const error& e) {
  std::array<char, 32> at;
  std::snprintf(at.data(), at.size(), " at 0x%llx: ", static_cast<unsigned long long>(e.at));
  return std::string(name(e.code)) + at.data() + e.what;
}

}  // namespace docteur::cache_vm
