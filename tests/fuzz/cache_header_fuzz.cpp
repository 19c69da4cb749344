// Property: an accepted header of a cache file keeps the promises of its type, encoding it gives the same bytes, and no
// offset that is computed from it wraps.
#include <algorithm>
#include <vector>

#include "fuzz/property.hpp"
#include "host/cache/cache_layout.hpp"
#include "object/sha256.hpp"

// Input: a header, and records after it. A short header is filled up with zeros and its checksum is corrected;
// otherwise only its check would be tested. The input as it is is decoded, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  std::vector<std::byte> raw(kCacheHeaderSize);
  const bytes input = fuzz_input(data, size);
  (void)decode_cache_header(input);
  std::ranges::copy(input.first(std::min(size, raw.size() - 32)), raw.begin());
  const oid hash = sha256_of(bytes(raw).first(raw.size() - 32));
  std::ranges::copy(hash.view(), raw.end() - 32);
  const auto h = decode_cache_header(raw);
  if (!h) return 0;

  PROPERTY(h->size > 0 && h->size <= kMostCached);
  PROPERTY(h->identity.size() <= kMostCacheIdentity && h->name.size() <= kMostCacheName);
  PROPERTY(std::ranges::equal(encode_cache_header(*h), raw));
  const std::uint64_t last = h->blocks() - 1;
  PROPERTY(last * kCacheBlock < h->size && h->length(last) > 0 && h->length(last) <= kCacheBlock);
  PROPERTY(cache_header::record_at(last) + kCacheRecordSize <= h->block_at(0));
  PROPERTY(h->block_at(last) + h->length(last) == h->file_size() && h->file_size() < std::uint64_t{1} << 60);
  PROPERTY(cache_file_name(*h).size() == 16 + 1 + 16 + 7);
  const record_coder coder(*h, "boot");
  if (size < kCacheRecordSize) return 0;
  const std::byte* const record = input.last(kCacheRecordSize).data();
  const block_record r = coder.decode(last, record);
  if (r.state != block_state::doubtful)
    PROPERTY(std::ranges::equal(coder.encode(last, r), bytes(record, kCacheRecordSize)));
  return 0;
}
