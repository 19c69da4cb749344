#include "verify/foretold_pack.hpp"

#include "pack/inflate.hpp"
#include "verify/entry_listing.hpp"

namespace docteur {

outcome<std::optional<scanned_pack>> foretell_pack(const device& d, const section& where, const loaded_idx& index,
                                                   std::uint64_t end, hash_kind kind) {
  const std::span<const std::uint32_t> order = index.order();
  scanned_pack pack;
  pack.checksum = oid(kind);
  pack.entries.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    pack_entry& e = pack.entries[i];
    e.position = order[i];
    e.offset = index.view().offset(order[i]);
    e.end = i + 1 < order.size() ? index.view().offset(order[i + 1]) : end;
  }
  if (!pack.entries.empty() && pack.entries.front().offset != kPackHeaderSize) return std::optional<scanned_pack>();

  std::uint32_t next = 0;
  bool fits = true;
  const auto take = [&](const entry_outline& listed, std::uint64_t) {
    const std::uint32_t i = next++;
    pack_entry& e = pack.entries[i];
    e.type = listed.type;
    e.size = listed.size;
    if (e.type == entry_type::ofs_delta) {
      e.base = i - listed.entries_back;
    } else {
      e.object = static_cast<object_type>(e.type);
    }
    const std::uint64_t base = e.base != kNoEntry ? pack.entries[e.base].offset : 0;
    e.header_size = static_cast<std::uint8_t>(encode_entry_header({e.type, 0, e.size, base, {}}, e.offset).size);
    fits = e.end - e.offset > e.header_size && is_plausible_size(e.size, e.end - e.offset);
    return fits;
  };
  DOCTEUR_TRY(listed, list_entries(d, where, pack.entries.size(), take));
  return listed && fits ? std::optional(std::move(pack)) : std::nullopt;
}

}  // namespace docteur
