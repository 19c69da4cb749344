// Property: an accepted section table keeps the promise of its type, and written again it is the same bytes.
#include <libdeflate.h>

#include <algorithm>
#include <vector>

#include "fuzz/property.hpp"
#include "layout/image_header.hpp"
#include "layout/section_table.hpp"

// Input: eight bytes, the IDX offset (little-endian); the table. Its checksum is corrected first; otherwise nothing
// else would be tested.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  if (size < 8) return 0;
  const auto idx_offset = load_le<std::uint64_t>(fuzz_input(data, size).data());
  std::vector<std::byte> table(size - 8);
  std::ranges::copy(fuzz_input(data, size).subspan(8), table.begin());
  if (table.size() == kSectionTableSize)
    store_le(table.data() + kSectionTableSize - 4, libdeflate_crc32(0, table.data(), kSectionTableSize - 4));
  const auto t = decode_section_table(table, idx_offset);
  if (!t) return 0;

  const std::uint64_t table_at = idx_offset - kSectionTableSize;
  PROPERTY(idx_offset >= kSectionTableSize && t->pack_size <= table_at - kPackOffset);
  std::uint64_t end = kPackOffset + t->pack_size;
  for (const section& s : t->sections()) {
    PROPERTY(s.offset >= end && s.offset <= table_at && s.length <= table_at - s.offset);
    end = s.offset + s.length;
  }
  PROPERTY(std::ranges::equal(encode_section_table(*t), table));
  return 0;
}
