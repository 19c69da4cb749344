#include "builder/entry_section_writer.hpp"

#include <algorithm>
#include <array>

#include "layout/entry_section.hpp"
#include "layout/number.hpp"
#include "pack/compressor.hpp"

namespace docteur {
namespace {

// A reader holds one block at a time. An entry takes at most 2 + 8 + 5 bytes, so that no block reaches
// kEntryBlockLimit.
constexpr std::size_t kBlockEntries = 16384;
static_assert(kBlockEntries * 15 < kEntryBlockLimit);
constexpr int kLevel = 12;  // libdeflate's highest: there are few bytes

std::vector<std::byte> block_content(std::span<const entry_outline> entries) {
  std::vector<std::byte> raw;
  for (const entry_outline& e : entries) raw.push_back(static_cast<std::byte>(e.type));
  for (const entry_outline& e : entries) raw.push_back(static_cast<std::byte>(e.size & 0xff));
  for (const entry_outline& e : entries) put_number(raw, e.size >> 8);
  for (const entry_outline& e : entries)
    if (e.type == entry_type::ofs_delta) put_number(raw, e.entries_back);
  return raw;
}

}  // namespace

std::vector<std::byte> make_entry_section(std::span<const entry_outline> entries) {
  std::vector<std::byte> out(kEntrySectionHeader);
  store_le(out.data(), static_cast<std::uint32_t>(entries.size()));
  compressor deflate(kLevel);
  while (!entries.empty()) {
    const auto block = entries.first(std::min(kBlockEntries, entries.size()));
    entries = entries.subspan(block.size());
    const std::vector<std::byte> raw = block_content(block);
    const bytes packed = deflate.compress(raw).stream;
    std::array<std::byte, kEntryBlockHeader> head;
    encode_entry_block(head.data(),
                       {static_cast<std::uint32_t>(block.size()), static_cast<std::uint32_t>(packed.size()),
                        static_cast<std::uint32_t>(raw.size())});
    out.insert(out.end(), head.begin(), head.end());
    out.insert(out.end(), packed.begin(), packed.end());
  }
  return out;
}

}  // namespace docteur
