// Property: in an accepted IDX every table is inside the bytes and every offset inside the PACK, and find() returns a
// row of the id that was asked for. If the ids are in order, it is the first such row.
#include <vector>

#include "fuzz/property.hpp"
#include "idx/reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  constexpr std::uint64_t kPackLimit = std::uint64_t{1} << 33;
  const bytes in = fuzz_input(data, size);
  const auto idx = idx_view::open(in, kPackLimit, 0);
  if (!idx) return 0;
  PROPERTY(idx->layout().size() <= in.size());
  bool in_order = true;
  for (std::uint32_t i = 0; i < idx->count(); ++i) {
    PROPERTY(idx->offset(i) < kPackLimit);
    (void)idx->crc(i);
    if (i > 0 && idx->id(i) < idx->id(i - 1)) in_order = false;
    const auto first = std::to_integer<unsigned>(idx->id(i).raw[0]);
    const auto fanout = [&](unsigned n) { return load_be<std::uint32_t>(in.data() + idx->layout().fanout() + n * 4); };
    if (i >= fanout(first) || (first > 0 && i < fanout(first - 1))) in_order = false;
  }
  std::uint32_t first_row = 0;
  for (std::uint32_t i = 0; i < idx->count(); ++i) {
    if (idx->id(i) != idx->id(first_row)) first_row = i;
    const auto found = idx->find(idx->id(i));
    if (found) PROPERTY(*found < idx->count() && idx->id(*found) == idx->id(i));
    if (in_order) PROPERTY(found == first_row);
  }
  for (unsigned first = 0; first < 256; ++first) {
    oid absent;
    absent.raw.fill(static_cast<std::byte>(first));
    if (const auto found = idx->find(absent)) PROPERTY(idx->id(*found) == absent);
  }
  (void)idx->pack_checksum();
  (void)idx->checksum();
  return 0;
}
