// Property: the path tree answers like std::map, for paths that are in it and for paths that are not, and walks in
// order.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "fuzz/property.hpp"
#include "layout/path_tree.hpp"

namespace {

using namespace docteur;

const memory kHeap{nullptr, [](void*, std::size_t n) noexcept { return std::malloc(n); },
                   [](void*, void* p, std::size_t) noexcept { std::free(p); }};

std::string key_of(const std::string& path, bool is_directory) {
  return path + (is_directory && !path.empty() ? "/" : "");
}

// As in trees, no path is a file and a directory, not even by a path below it.
bool fits(const std::map<std::string, std::uint32_t>& keys, const std::string& key) {
  for (std::size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1))
    if (keys.contains(key.substr(0, slash))) return false;
  if (key.ends_with('/')) return true;
  const auto below = keys.lower_bound(key + "/");
  return below == keys.end() || !below->first.starts_with(key + "/");
}

// The longest prefix of `path` that is a key; the root is one.
path_tree::prefix longest_prefix(const std::map<std::string, std::uint32_t>& keys, std::string path) {
  for (;;) {
    const auto file = path.empty() ? keys.end() : keys.find(path);
    const auto there = file != keys.end() ? file : keys.find(key_of(path, true));
    if (there != keys.end()) return {there->second, there != file, path.size()};
    const std::size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }
}

}  // namespace

// Input: paths, each ended by NUL; one that ends in '/' is a directory. Invalid paths are ignored.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::map<std::string, std::uint32_t> expected;  // by key without its NUL: the order of keys is that of the map
  std::vector<std::string> asked;
  std::string_view rest = as_text(fuzz_input(data, size));
  while (!rest.empty()) {
    const std::string key(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(std::min(rest.size(), key.size() + 1));
    const bool good = !key.starts_with('/') && key.find("//") == std::string::npos;
    const std::string path = key.ends_with('/') ? key.substr(0, key.size() - 1) : key;
    if (good && !path.empty() && fits(expected, key)) expected.emplace(key, expected.size());
    if (good) asked.push_back(path);
  }
  expected.emplace("", 4711);  // the root directory

  path_tree_builder builder(kHeap);
  for (const auto& [key, record] : expected) {
    const bool is_directory = key.empty() || key.ends_with('/');
    const std::string path = is_directory && !key.empty() ? key.substr(0, key.size() - 1) : key;
    PROPERTY(builder.add(path, is_directory, record).has_value());
  }
  const auto tree = builder.finish();
  PROPERTY(tree.has_value() && tree->size() == expected.size());

  for (const std::string& path : asked) {
    const auto found = tree->find(path);
    const auto file = expected.find(path), directory = expected.find(key_of(path, true));
    const auto truth = !path.empty() && file != expected.end() ? file : directory;
    PROPERTY(found.has_value() == (truth != expected.end()));
    if (found) PROPERTY(found->record == truth->second && found->is_directory == (truth == directory));
    const auto led = tree->find_prefix(path);
    const auto longest = longest_prefix(expected, path);
    PROPERTY(led.has_value() && led->record == longest.record && led->path_size == longest.path_size);
  }
  std::string from, buffer(tree->path_bytes(), '\0');
  for (const auto& [key, record] : expected) {
    const auto next = tree->lower_bound(from, buffer);
    PROPERTY(next.has_value() && next->record == record && buffer.substr(0, next->path_size) == key);
    from = key + std::string(1, '\1');  // behind this key's NUL
  }
  return 0;
}
