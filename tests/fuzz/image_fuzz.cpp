// Property: whatever lies on the device, attach and all reading end in time, take no more memory than the limits allow
// and touch nothing outside the device; content that was checked has the id it is known by; a stream, a range and a
// whole read of one file give the same bytes.
#include <cstdlib>
#include <string>
#include <vector>

#include "fuzz/property.hpp"
#include "object/sha1.hpp"
#include "pack/inflate.hpp"
#include "reader/image.hpp"
#include "reader/image_reader.hpp"

namespace {

using namespace docteur;

constexpr std::size_t kMostAtOnce = 4u << 20;  // bytes of one allocation: four times the largest object

const memory kBoundedHeap{nullptr,
                          [](void*, std::size_t n) noexcept {
                            PROPERTY(n <= kMostAtOnce);
                            return std::malloc(n);
                          },
                          [](void*, void* block, std::size_t) noexcept { std::free(block); }};

// Small, so that a few bytes of input reach them; blobs from 1 KiB on go through the streaming code.
limits small_limits() {
  limits l;
  l.objects = 4096;
  l.paths = 4096;
  l.tree_depth = 64;
  l.object_bytes = 1u << 20;
  l.streamed_blob = 1024;
  return l;
}

bool inflates(const device& disk, const zlib_extent& where, std::size_t size) {
  std::vector<std::byte> stream(static_cast<std::size_t>(where.size)), content(size);
  PROPERTY(read_exactly(disk, where.offset, stream).has_value());
  auto with = inflater::make();
  return with && with->inflate(stream, content, 0).has_value();
}

void read_file(const image& from, image_reader& reader, const node& n) {
  const auto size = reader.size(n);
  if (!size || *size > (1u << 20)) return;
  std::vector<std::byte> whole(static_cast<std::size_t>(*size)), other(whole.size());
  const auto unchecked = reader.read(n, whole, check::no);
  const auto checked = reader.read(n, other, check::yes);
  if (checked) {
    PROPERTY(unchecked.has_value() && whole == other);
    if (n.is_blob()) PROPERTY(object_id(object_type::blob, other) == from.id(n));
  }
  const auto z = reader.zlib_stream(n);
  if (z) PROPERTY(z->offset <= from.disk().size && z->size <= from.disk().size - z->offset);
  // A damaged IDX may put the next entry inside this one: a stream stops there, reading the whole may not.
  const bool must_stream = checked && (!z || inflates(from.disk(), *z, whole.size()));
  if (auto stream = reader.open(n)) {
    PROPERTY(stream->size() == *size);
    const std::size_t half = whole.size() / 2;
    // Backwards first, so that the stream must go back.
    const bool back = stream->read(half, mutable_bytes(other).subspan(half)).has_value();
    const bool front = stream->read(0, mutable_bytes(other).first(half)).has_value();
    if (must_stream) PROPERTY(back && front);
    if (checked && back && front) PROPERTY(whole == other);
    std::byte last{};
    if (!whole.empty() && reader.read_range(n, whole.size() - 1, {&last, 1}) && checked) PROPERTY(last == whole.back());
  } else if (n.is_blob()) {
    PROPERTY(!must_stream);
  }
}

void attach_and_read(const device& disk) {
  const auto from = image::attach(disk, kBoundedHeap, small_limits());
  if (!from) return;
  auto reader = image_reader::make(*from, kBoundedHeap, 64u << 10);
  PROPERTY(reader.has_value());
  auto all = from->list("", image::depth::all);
  if (!all) return;
  while (const auto entry = all->next()) {
    const std::string path(entry->name);
    const auto found = from->find(path);
    PROPERTY(found.has_value() && *found == entry->what);
    (void)reader->resolve(path);
    if (entry->what.kind != entry_kind::submodule) read_file(*from, *reader, entry->what);
  }
}

// The same bytes behind read(), so that both ways to reach a device are walked.
result<done> copy_out(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
  const auto& in = *static_cast<const bytes*>(self);
  PROPERTY(offset <= in.size() && out.size() <= in.size() - offset);
  std::memcpy(out.data(), in.data() + offset, out.size());
  return done{};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bytes in = fuzz_input(data, size);
  attach_and_read(memory_device(in));
  device copied;
  copied.self = &in;
  copied.size = in.size();
  copied.read = copy_out;
  attach_and_read(copied);
  return 0;
}
