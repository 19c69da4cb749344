// Property: an accepted path section is a tree: every path but the root is in a directory that exists, each name is
// valid, positions are in IDX; both kinds of device give the same result.
#include <libdeflate.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fuzz/property.hpp"
#include "host/heap.hpp"
#include "layout/path_section.hpp"
#include "object/path_rules.hpp"
#include "reader/image.hpp"
#include "reader/path_section_reader.hpp"
#include "support/guest.hpp"
#include "support/image_maker.hpp"

namespace {

using namespace docteur;

constexpr std::uint32_t kObjects = 300;
constexpr std::size_t kHead = 5;

// Input: u8 paths, u8 submodules, u8 position size, u16 bytes of records (little-endian); records and text; positions;
// submodules. The block is deflated and checksums are computed here; otherwise only zlib and the checksum would be
// tested.
buffer section_of(bytes in) {
  const std::uint32_t paths = load_le<std::uint8_t>(in.data());
  const std::uint32_t submodules = load_le<std::uint8_t>(in.data() + 1);
  const std::uint32_t position = load_le<std::uint8_t>(in.data() + 2);
  const std::uint32_t records = load_le<std::uint16_t>(in.data() + 3);
  in = in.subspan(kHead);
  const bytes raw = in.first(in.size() - std::min(in.size(), paths * position + submodules * kOidSize));
  const buffer packed = deflated(raw, 1);
  buffer out(kPathSectionHeader + kPathBlockHeader);
  store_le(out.data(), paths);
  store_le(out.data() + 4, submodules);
  store_le(out.data() + 8, position);
  encode_path_block(out.data() + kPathSectionHeader, {paths, static_cast<std::uint32_t>(packed.size()),
                                                      static_cast<std::uint32_t>(raw.size()), records});
  append(out, packed);
  append(out, in.subspan(raw.size()));
  return out;
}

// The keys in the section, or none.
std::vector<std::string> told(const device& d, const section& where) {
  std::vector<std::string> keys;
  path_tree_builder builder(heap_memory());
  owned_array<oid> submodules(heap_memory());
  if (!read_path_section(d, where, kObjects, heap_memory(), {}, builder, submodules)) return keys;
  const auto tree = builder.finish();
  if (!tree) return keys;
  std::vector<char> room(tree->path_bytes() + 1);
  std::string from;
  while (const auto p = tree->lower_bound(from, room)) {
    keys.emplace_back(room.data(), p->path_size);
    const node n = to_node(p->record);
    PROPERTY(p->is_directory == (n.kind == entry_kind::directory));
    PROPERTY(n.position < (n.kind == entry_kind::submodule ? submodules.size() : kObjects));
    from = keys.back() + '\1';
  }
  PROPERTY(keys.size() == tree->size());
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kHead) return 0;
  const buffer raw = section_of(fuzz_input(data, size));
  const section where{section_type::paths, libdeflate_crc32(0, raw.data(), raw.size()), 0, raw.size()};
  const std::vector<std::string> keys = told(memory_device(raw), where);
  copying_device copying(raw);
  PROPERTY(told(copying.handle(), where) == keys);
  PROPERTY(copying.stayed_inside());
  const std::set<std::string> all(keys.begin(), keys.end());
  PROPERTY(all.size() == keys.size() && (keys.empty() || keys.front().empty()));
  for (const std::string& key : keys) {
    if (key.empty()) continue;
    const std::string path = key.ends_with('/') ? key.substr(0, key.size() - 1) : key;
    const std::size_t name_at = path.rfind('/') + 1;  // npos + 1 is 0
    PROPERTY(all.contains(path.substr(0, name_at)));
    PROPERTY(bad_entry_name(std::string_view(path).substr(name_at)) == nullptr);
    PROPERTY(!all.contains(path) || !all.contains(path + "/"));
  }
  return 0;
}
