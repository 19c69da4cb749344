// Property: the paths of a version that are accepted are a tree, as those of a path section (path_section_fuzz.cpp),
// and the same whether the device is mapped or not; and they are what one obtains by applying list after list.
#include <libdeflate.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fuzz/path_list.hpp"
#include "fuzz/property.hpp"
#include "host/heap.hpp"
#include "layout/versions_section.hpp"
#include "object/path_rules.hpp"
#include "reader/path_records.hpp"
#include "reader/version_paths.hpp"
#include "support/guest.hpp"
#include "support/tree_keys.hpp"

namespace {

using namespace docteur;

constexpr std::uint32_t kObjects = 300;
constexpr std::size_t kMostLists = 4;

// Key -> kind and position; a submodule's position is not compared.
using paths = std::map<std::string, std::pair<std::uint32_t, std::uint32_t>>;

paths::mapped_type value(entry_kind kind, std::uint32_t position) {
  return {static_cast<std::uint32_t>(kind), kind == entry_kind::submodule ? 0 : position};
}

paths told(const device& d, std::span<const section> lists) {
  paths all;
  path_tree_builder builder(heap_memory());
  oid_list submodules(heap_memory(), hash_kind::sha1);
  if (!read_version_paths(d, lists, kObjects, heap_memory(), {}, builder, submodules)) return all;
  const auto tree = builder.finish();
  if (!tree) return all;
  for (const auto& [key, n, is_directory] : keys_of(*tree)) {
    PROPERTY(is_directory == (n.kind == entry_kind::directory));
    PROPERTY(n.position < (n.kind == entry_kind::submodule ? submodules.size() : kObjects));
    PROPERTY(all.emplace(key, value(n.kind, n.position)).second);
  }
  PROPERTY(all.size() == tree->size());
  return all;
}

// The lists were accepted, so each of their records is good.
paths applied(const device& d, std::span<const section> lists) {
  paths all;
  auto inflate = inflater::make();
  PROPERTY(inflate.has_value());
  for (const section& list : lists) {
    path_records records(d, list, heap_memory(), *inflate);
    PROPERTY(records.open(kObjects, {}, true).has_value());
    std::string key;
    for (path_records::record r{};;) {
      const auto more = records.next(r);
      PROPERTY(more.has_value());
      if (!*more) break;
      key.resize(r.shared);
      key += r.tail;
      if (r.kind == kRemovedPath) {
        all.erase(key);
      } else {
        all[key] = value(static_cast<entry_kind>(r.kind), r.position);
      }
    }
  }
  return all;
}

void check_tree(const paths& all) {
  if (all.empty()) return;
  PROPERTY(all.begin()->first.empty());
  for (const auto& [key, what] : all) {
    if (key.empty()) continue;
    const std::string path = key.ends_with('/') ? key.substr(0, key.size() - 1) : key;
    const std::size_t name_at = path.rfind('/') + 1;  // npos + 1 is 0
    PROPERTY(all.contains(path.substr(0, name_at)));
    PROPERTY(bad_entry_name(std::string_view(path).substr(name_at)) == nullptr);
    PROPERTY(!all.contains(path) || !all.contains(path + "/"));
  }
}

}  // namespace

// Input: lists, each after its size in a u16 (little-endian), as path_list_of() takes them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bytes in = fuzz_input(data, size);
  buffer raw;
  std::vector<section> lists;
  while (in.size() >= 2 && lists.size() < kMostLists) {
    const std::size_t n = std::min<std::size_t>(load_le<std::uint16_t>(in.data()), in.size() - 2);
    if (n < kPathListHead) break;
    const buffer list = path_list_of(in.subspan(2, n));
    lists.push_back({section_type::versions, libdeflate_crc32(0, list.data(), list.size()), raw.size(), list.size()});
    append(raw, list);
    in = in.subspan(2 + n);
  }
  if (lists.empty()) return 0;
  const paths all = told(memory_device(raw), lists);
  copying_device copying(raw);
  PROPERTY(told(copying.handle(), lists) == all);
  PROPERTY(copying.stayed_inside());
  check_tree(all);
  if (!all.empty()) PROPERTY(applied(memory_device(raw), lists) == all);
  return 0;
}
