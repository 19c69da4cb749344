// Property: a path section that is accepted is a tree: every path but the root is in a directory of the section, every
// name is valid, and positions are within IDX. Mapped and copied devices give the same result.
#include <libdeflate.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fuzz/path_list.hpp"
#include "fuzz/property.hpp"
#include "host/heap.hpp"
#include "layout/path_section.hpp"
#include "object/path_rules.hpp"
#include "reader/image.hpp"
#include "reader/path_section_reader.hpp"
#include "support/guest.hpp"
#include "support/image_maker.hpp"
#include "support/tree_keys.hpp"

namespace {

using namespace docteur;

constexpr std::uint32_t kObjects = 300;

// Returns the keys in the section, or nothing if it is refused.
std::vector<std::string> told(const device& d, const section& where) {
  std::vector<std::string> keys;
  path_tree_builder builder(heap_memory());
  oid_list submodules(heap_memory(), hash_kind::sha1);
  if (!read_path_section(d, where, kObjects, heap_memory(), {}, builder, submodules)) return keys;
  const auto tree = builder.finish();
  if (!tree) return keys;
  for (const auto& [key, n, is_directory] : keys_of(*tree)) {
    PROPERTY(is_directory == (n.kind == entry_kind::directory));
    PROPERTY(n.position < (n.kind == entry_kind::submodule ? submodules.size() : kObjects));
    keys.push_back(key);
  }
  PROPERTY(keys.size() == tree->size());
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kPathListHead) return 0;
  const buffer raw = path_list_of(fuzz_input(data, size));
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
