// Property: whatever a file contains, an IDX of either version and a multi-pack-index are refused, or lookups stay
// within their bytes. If ids ascend and agree with the fan-out, each is found, and an offset leads back to an object.
#include <vector>

#include "fuzz/property.hpp"
#include "idx/format.hpp"
#include "object/sha1.hpp"
#include "source/objects/idx_file.hpp"
#include "source/objects/midx_file.hpp"

namespace {

using namespace docteur;

std::unique_ptr<table_file> as_file(bytes in) {
  return std::make_unique<table_file>(std::vector<std::byte>(in.begin(), in.end()));
}

// The ids, if all are in their bucket and ascend.
template <class Table>
std::vector<oid> ascending(const Table& table) {
  std::vector<oid> ids;
  for (std::uint32_t i = 0; i < table.count(); ++i) {
    const auto id = table.id(i);
    PROPERTY(id);
    if (!ids.empty() && !(ids.back() < *id)) return {};
    ids.push_back(*id);
  }
  return ids;
}

void check_idx(bytes in) {
  const auto idx = idx_file::open(as_file(in));
  if (!idx) return;
  PROPERTY(idx->count() <= in.size() / 24);
  PROPERTY(idx->pack_checksum());
  const bool is_second = load_be<std::uint32_t>(in.data()) == kIdxMagic;
  const auto fanout = [&](unsigned n) { return load_be<std::uint32_t>(in.data() + (is_second ? 8 : 0) + n * 4); };
  const std::vector<oid> ids = ascending(*idx);
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    const auto first = std::to_integer<unsigned>(ids[i].raw[0]);
    const bool is_in_bucket = i < fanout(first) && (first == 0 || i >= fanout(first - 1));
    const auto offset = idx->find(ids[i]);
    if (!offset) continue;  // it points behind the 64-bit offsets
    PROPERTY(offset->has_value() || !is_in_bucket);
    if (*offset) PROPERTY(idx->id_at(**offset).value_or(std::nullopt).has_value());
  }
  id_set found;
  PROPERTY(idx->collect("0000", found));
  for (const oid& id : found) PROPERTY(id.raw[0] == std::byte{0} && id.raw[1] == std::byte{0});
}

// With the right checksum: otherwise nothing behind it would be tested.
void check_midx(bytes in) {
  if (in.size() < kOidSize) return;
  std::vector<std::byte> content(in.begin(), in.end() - kOidSize);
  sha1 hash;
  hash.update(content);
  const oid sum = hash.finish();
  content.insert(content.end(), sum.raw.begin(), sum.raw.end());
  const auto midx = midx_file::open(as_file(content));
  if (!midx) return;
  PROPERTY(midx->count() <= in.size() / 28);
  for (const std::string& name : midx->packs()) PROPERTY(name.ends_with(".idx") && name.find('/') == std::string::npos);
  for (const oid& id : ascending(*midx)) {
    const auto place = midx->find(id);
    if (place && *place) PROPERTY((*place)->pack < midx->packs().size());
  }
  id_set found;
  PROPERTY(midx->collect("0000", found));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes in = fuzz_input(data, size);
  check_idx(in);
  check_midx(in);
  return 0;
}
