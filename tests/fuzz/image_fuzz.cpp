// Property: whatever is on the device, attaching and all reading end in time, take no more memory than the limits allow
// and touch nothing outside the device; checked content has its id; a stream, a range and a whole read of one file
// return the same bytes. Each input is tried as it is and with the checksums of its sections corrected.
#include <libdeflate.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "fuzz/property.hpp"
#include "object/hasher.hpp"
#include "pack/inflate.hpp"
#include "reader/attached_image.hpp"

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

// Corrects the checksums of the sections and of their table, if they can be found: damage behind them is tested.
void reseal(std::vector<std::byte>& image) {
  if (image.size() < kHeaderSize) return;
  const auto idx_offset = load_le<std::uint64_t>(image.data() + kHeaderIdxOffset);
  if (idx_offset < kPackOffset + kSectionTableSize || idx_offset > image.size()) return;
  std::byte* table = image.data() + idx_offset - kSectionTableSize;
  if (!has_section_table_magic({table, kSectionTableSize})) return;
  for (std::byte* s = table + 0x50; s < table + 0x50 + 3 * 24; s += 24) {
    const auto at = load_le<std::uint64_t>(s + 8);
    const auto length = load_le<std::uint64_t>(s + 16);
    if (length > 0 && at <= image.size() && length <= image.size() - at)
      store_le(s + 4, libdeflate_crc32(0, image.data() + at, length));
  }
  store_le(table + 0x1fc, libdeflate_crc32(0, table, 0x1fc));
}

void read_file(const image& from, image_reader& reader, const node& n, bool resealed) {
  const auto size = reader.size(n);
  if (!size || *size > (1u << 20)) return;
  std::vector<std::byte> whole(static_cast<std::size_t>(*size)), other(whole.size());
  const auto unchecked = reader.read(n, whole, check::no);
  const auto checked = reader.read(n, other, check::yes);
  if (checked) {
    PROPERTY(unchecked.has_value() && whole == other);
    if (n.is_blob()) PROPERTY(object_id(hash_kind::sha1, object_type::blob, other) == from.id(n.position));
  }
  const auto z = reader.zlib_stream(n);
  if (z) PROPERTY(z->offset <= from.disk().size && z->size <= from.disk().size - z->offset);
  // A damaged IDX may put the next entry inside this one: a stream stops there, reading the whole may not.
  // A wrong restart section yields other bytes: ranges are not checked, docteur-verify checks the section.
  const auto restart =
      n.is_blob() ? from.restarts().find(from.offset(n), *size) : result<std::optional<restart_record>>();
  const bool honest = !resealed || (restart && !*restart);
  const bool must_stream = checked && honest && (!z || inflates(from.disk(), *z, whole.size()));
  if (auto stream = reader.open(n)) {
    PROPERTY(stream->size() == *size);
    const std::size_t half = whole.size() / 2;
    // Backwards first, so that the stream must go back.
    const bool back = stream->read(half, mutable_bytes(other).subspan(half)).has_value();
    const bool front = stream->read(0, mutable_bytes(other).first(half)).has_value();
    if (must_stream) PROPERTY(back && front);
    if (checked && honest && back && front) PROPERTY(whole == other);
    std::byte last{};
    if (!whole.empty() && reader.read_range(n, whole.size() - 1, {&last, 1}) && checked && honest)
      PROPERTY(last == whole.back());
  } else if (n.is_blob()) {
    PROPERTY(!must_stream);
  }
}

void attach_and_read(const device& disk, bool resealed) {
  attached_image from;
  if (!from.attach(disk, kBoundedHeap, {small_limits(), paths_from::section, 64u << 10})) return;
  const snapshot& paths = from.snapshot();
  auto all = paths.list("", snapshot::depth::all);
  if (!all) return;
  while (const auto entry = all->next()) {
    const std::string path(entry->name);
    const auto found = paths.find(path);
    PROPERTY(found.has_value() && *found == entry->node);
    (void)from.reader().resolve(paths, path);
    if (entry->node.kind != entry_kind::submodule) read_file(from.image(), from.reader(), entry->node, resealed);
  }
}

// The same bytes behind read(), so that both kinds of device are tested.
result<done> copy_out(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
  const auto& in = *static_cast<const bytes*>(self);
  PROPERTY(offset <= in.size() && out.size() <= in.size() - offset);
  std::memcpy(out.data(), in.data() + offset, out.size());
  return done{};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes given = fuzz_input(data, size);
  std::vector<std::byte> sealed(given.begin(), given.end());
  reseal(sealed);
  const bool resealed = !std::ranges::equal(sealed, given);
  for (bytes in : {given, bytes(sealed)}) {
    const bool is_sealed = in.data() == sealed.data();
    if (is_sealed && !resealed) break;
    attach_and_read(memory_device(in), is_sealed);
    device copied;
    copied.self = &in;
    copied.size = in.size();
    copied.read = copy_out;
    attach_and_read(copied, is_sealed);
  }
  return 0;
}
