// Property: an accepted restart section returns for an entry a record of that entry, and its points can be read.
#include <libdeflate.h>

#include "fuzz/property.hpp"
#include "reader/restart_index.hpp"

// Input: the section. Its checksum is corrected.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  const bytes in = fuzz_input(data, size);
  const section where{section_type::restart, libdeflate_crc32(0, in.data(), in.size()), 0, in.size()};
  const auto index = restart_index::open(memory_device(in), where);
  if (!index) return 0;
  for (std::uint32_t i = 0; i < index->count(); ++i) {
    const auto r = index->record(i);
    if (!r) continue;
    const auto found = index->find(r->entry_offset, r->size);
    if (found && *found) {
      PROPERTY((*found)->entry_offset == r->entry_offset && (*found)->size == r->size);
      const std::uint64_t points = restart_point_count(r->size, r->interval, r->stored);
      if (points > 0) (void)index->point(**found, points - 1);
    }
  }
  return 0;
}
