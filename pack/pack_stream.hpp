#pragma once
// Writes a PACK from front to back: header, entries, trailer (`git help gitformat-pack`). Records the offset and CRC-32
// of each entry for IDX. One thread at a time. Hosted.

#include <cstdint>
#include <vector>

#include "object/byte_sink.hpp"
#include "object/hasher.hpp"
#include "object/idx_entry.hpp"
#include "pack/entry.hpp"
#include "pack/object_source.hpp"

namespace docteur {

class pack_stream {
 public:
  // `kind`: of the ids and of the trailer. `objects`: the number of entries that will be written. `out` must outlive
  // the stream.
  pack_stream(byte_sink& out, hash_kind kind, std::uint32_t objects);

  // Bytes so far, which is the offset of the next entry.
  [[nodiscard]] std::uint64_t position() const { return position_; }

  // An entry is one begin_entry() or begin_delta(), then its zlib stream by write(), in pieces of any size, then
  // end_entry(). All fail when the sink does.
  [[nodiscard]] outcome<void> begin_entry(const source_object& object);  // of a whole object
  // An OFS delta of `size` bytes, whose base's entry is at `base_offset`.
  [[nodiscard]] outcome<void> begin_delta(const source_object& object, std::uint64_t size, std::uint64_t base_offset);
  [[nodiscard]] outcome<void> write(bytes data);
  void end_entry();

  // Writes the trailer, passes everything to the sink, and returns the PACK's checksum.
  [[nodiscard]] outcome<oid> finish();
  // Moves out the records of all entries, in PACK order.
  [[nodiscard]] std::vector<idx_entry> take_entries() { return std::move(entries_); }
  // Moves out what their headers say.
  [[nodiscard]] std::vector<entry_outline> take_outlines() { return std::move(outlines_); }

 private:
  [[nodiscard]] outcome<void> begin(const oid& id, const entry_header& header);
  [[nodiscard]] outcome<void> flush();

  byte_sink& out_;
  hasher hash_;
  std::uint64_t position_ = 0;
  std::uint32_t crc_ = 0;
  std::vector<std::byte> held_;  // written, but not yet passed to the sink
  std::vector<idx_entry> entries_;
  std::vector<entry_outline> outlines_;
};

}  // namespace docteur
