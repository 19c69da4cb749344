// Property: whatever a file says, an IDX of either version and a multi-pack-index are refused or answer within their
// bytes: what is found under an id is at a position that has this id, and where ids ascend each is found.
#include <vector>

#include "fuzz/property.hpp"
#include "object/sha1.hpp"
#include "source/idx_file.hpp"
#include "source/midx_file.hpp"

namespace {

using namespace docteur;

std::unique_ptr<table_file> as_file(bytes in) {
  return std::make_unique<table_file>(std::vector<std::byte>(in.begin(), in.end()));
}

// The ids, where they all are in their bucket and ascend.
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
  for (const oid& id : ascending(*idx)) {
    const auto offset = idx->find(id);
    // Behind the 64-bit offsets, or in a bucket of another first byte: a fault or not found.
    if (!offset || !*offset) continue;
    const auto back = idx->id_at(**offset);
    PROPERTY(back && *back);
    const auto again = idx->find(**back);
    PROPERTY(again && *again && **again == **offset);
  }
  id_set found;
  PROPERTY(idx->collect("0000", found));
  for (const oid& id : found) PROPERTY(id.raw[0] == std::byte{0} && id.raw[1] == std::byte{0});
}

// With the checksum that it should have: nothing behind it would be seen otherwise.
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
