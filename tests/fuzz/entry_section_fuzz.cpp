// Property: what an accepted block of entries lists can be encoded again to the same bytes, bases are before their
// deltas, and each header can be made.
#include <algorithm>
#include <vector>

#include "fuzz/property.hpp"
#include "layout/entry_section.hpp"
#include "layout/number.hpp"

namespace {

using namespace docteur;

void check_block(bytes raw, std::uint32_t entries, std::uint32_t before) {
  auto reader = entry_block_reader::open(raw, entries, before, 0);
  if (!reader) return;
  std::vector<std::byte> types, lows, rests, bases;
  for (std::uint32_t i = 0; i < entries; ++i) {
    const auto e = reader->next();
    if (!e) return;
    const bool is_delta = e->type == entry_type::ofs_delta;
    PROPERTY(is_delta ? e->entries_back > 0 && e->entries_back <= before + i : e->entries_back == 0);
    PROPERTY(e->size <= kMostEntrySize && e->type != entry_type::ref_delta);
    const std::uint64_t offset = 12 + std::uint64_t{before + i} * 100;
    const auto head =
        encode_entry_header({e->type, 0, e->size, offset - e->entries_back * std::uint64_t{100}, {}}, offset);
    const auto back = decode_entry_header(head.view(), offset, 0, hash_kind::sha1);
    PROPERTY(back && back->size == e->size && back->header_size == head.size);
    types.push_back(static_cast<std::byte>(e->type));
    lows.push_back(static_cast<std::byte>(e->size & 0xff));
    put_number(rests, e->size >> 8);
    if (is_delta) put_number(bases, e->entries_back);
  }
  for (const auto* part : {&lows, &rests, &bases}) types.insert(types.end(), part->begin(), part->end());
  PROPERTY(std::ranges::equal(types, raw));
}

}  // namespace

// Input: the section's header; a block's header; the number of entries before it (u32, little-endian); its content.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes in = fuzz_input(data, size);
  constexpr std::size_t kHeads = kEntrySectionHeader + kEntryBlockHeader;
  if (in.size() < kHeads + 4) return 0;
  const auto count = decode_entry_section_head(in, 0);
  const auto before = load_le<std::uint32_t>(in.data() + kHeads);
  if (!count || before >= *count) return 0;
  const auto block = decode_entry_block(in.subspan(kEntrySectionHeader, kEntryBlockHeader), *count - before, 8);
  if (!block) return 0;
  PROPERTY(block->entries > 0 && block->entries <= *count - before && block->raw <= kEntryBlockLimit);
  check_block(in.subspan(kHeads + 4), block->entries, before);
  return 0;
}
