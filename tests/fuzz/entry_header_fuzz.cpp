// Property: a decoded entry header is the same after being written and read again, and its base is before it.
#include "fuzz/property.hpp"
#include "pack/entry.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  if (size < 8) return 0;
  const bytes in = fuzz_input(data, size);
  const auto offset = load_le<std::uint64_t>(in.data());  // of the entry: any
  const auto h = decode_entry_header(in.subspan(8), offset, 0);
  if (!h) return 0;
  PROPERTY(h->header_size > 0 && h->header_size <= kMaxEntryHeader && h->header_size <= size - 8);
  if (h->type == entry_type::ofs_delta) PROPERTY(h->base_offset < offset);
  const auto again = encode_entry_header(*h, offset);
  const auto second = decode_entry_header(again.view(), offset, 0);
  PROPERTY(second.has_value());
  PROPERTY(second->type == h->type && second->size == h->size && second->header_size == again.size);
  if (h->type == entry_type::ofs_delta) PROPERTY(second->base_offset == h->base_offset);
  if (h->type == entry_type::ref_delta) PROPERTY(second->base_id == h->base_id);
  return 0;
}
