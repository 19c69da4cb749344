#include "unikernel-example/platform/linux/surroundings.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <vector>

namespace docteur::cache_vm::on_linux {
namespace {

struct hierarchy {
  std::string folder;  // of our group, below the folders of its ancestors
  std::string top;
  const char* file;  // that holds the limit
};

[[nodiscard]] std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  return words;
}

[[nodiscard]] bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// Our group's path in the hierarchy that controls memory: lines are "ID:CONTROLLERS:PATH" (cgroups(7)); version 2 has
// ID 0 and no controllers.
[[nodiscard]] std::optional<std::string> group_path(const std::string& root, bool is_v2) {
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (is_v2 ? line.starts_with("0::") : has_word(controllers, "memory")) return line.substr(second + 1);
  }
  return std::nullopt;
}

// The mounted hierarchies: lines are "ID PARENT DEVICE ROOT POINT OPTIONS... - TYPE SOURCE SUPER-OPTIONS" (proc(5)).
[[nodiscard]] std::vector<hierarchy> hierarchies(const std::string& root) {
  std::vector<hierarchy> found;
  std::ifstream mounts(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const std::vector<std::string> words = words_of(line);
    const auto dash = std::ranges::find(words, "-");
    if (words.size() < 6 || words.end() - dash < 3) continue;
    const bool is_v2 = dash[1] == "cgroup2";
    if (!is_v2 && (dash[1] != "cgroup" || words.end() - dash < 4 || !has_word(dash[3], "memory"))) continue;
    auto path = group_path(root, is_v2);
    if (!path) continue;
    // In a container the mount may begin at our own group.
    const std::string& shown = words[3];
    if (shown != "/" && (*path + "/").starts_with(shown + "/")) path->erase(0, shown.size());
    const std::string top = root + words[4];
    found.push_back({top + (*path == "/" ? "" : *path), top, is_v2 ? "/memory.max" : "/memory.limit_in_bytes"});
  }
  return found;
}

[[nodiscard]] std::optional<std::uint64_t> number_in(const std::string& file) {
  std::ifstream in(file);
  std::string text;
  if (!std::getline(in, text)) return std::nullopt;
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;  // "max"
  return n;
}

}  // namespace

std::optional<std::uint64_t> memory_limit(const std::string& root) {
  constexpr std::uint64_t kNone = std::uint64_t{1} << 62;  // version 1 reports a huge number for "no limit"
  std::optional<std::uint64_t> least;
  for (hierarchy h : hierarchies(root)) {
    for (;;) {
      const auto n = number_in(h.folder + h.file);
      if (n && *n < kNone) least = std::min(least.value_or(*n), *n);
      const std::size_t slash = h.folder.rfind('/');
      if (h.folder.size() <= h.top.size() || slash == std::string::npos) break;
      h.folder.resize(slash);
    }
  }
  return least;
}

std::uint64_t raise_descriptors() noexcept {
  rlimit r{};
  if (getrlimit(RLIMIT_NOFILE, &r) != 0) return 1024;
  const rlimit most{r.rlim_max, r.rlim_max};
  if (r.rlim_cur != r.rlim_max && setrlimit(RLIMIT_NOFILE, &most) == 0) r = most;
  return r.rlim_cur;
}

}  // namespace docteur::cache_vm::on_linux
