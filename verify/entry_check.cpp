#include "verify/entry_check.hpp"

#include "verify/entry_listing.hpp"

namespace docteur {
namespace {

// The header has as many bytes as the one that a reader of the section makes.
bool is_shortest(const pack_entry& e, const std::vector<pack_entry>& entries) {
  const std::uint64_t base = e.base != kNoEntry ? entries[e.base].offset : 0;
  return encode_entry_header({e.type, 0, e.size, base, {}}, e.offset).size == e.header_size;
}

// An entry with a damaged header has a fault already.
bool agrees(const entry_outline& listed, std::size_t i, const std::vector<pack_entry>& entries) {
  const pack_entry& e = entries[i];
  if (e.header_size == 0) return true;
  const std::uint32_t back =
      e.type == entry_type::ofs_delta && e.base != kNoEntry ? static_cast<std::uint32_t>(i - e.base) : 0;
  return listed == entry_outline{e.size, back, e.type} && is_shortest(e, entries);
}

}  // namespace

outcome<void> check_entries(const device& d, const section& where, const scanned_pack& pack, findings& found) {
  std::size_t next = 0;
  const auto compare = [&](const entry_outline& listed, std::uint64_t at) {
    const std::size_t i = next++;
    if (agrees(listed, i, pack.entries)) return true;
    found.add(errc::malformed, at, "entry section does not match the PACK: entry " + std::to_string(i));
    return false;
  };
  DOCTEUR_TRY(listed, list_entries(d, where, pack.entries.size(), compare));
  if (!listed) found.add(listed.error());
  return {};
}

}  // namespace docteur
