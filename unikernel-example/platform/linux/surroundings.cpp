#include "unikernel-example/platform/linux/surroundings.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace docteur::cache_vm::on_linux {
namespace {

struct hierarchy {
  std::string folder;  // of our group, below the folders of its ancestors
  std::string top;
  bool is_v2;
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

// Our group's path in the hierarchy of a controller: lines are "ID:CONTROLLERS:PATH" (cgroups(7)); version 2 has ID 0
// and no controllers.
[[nodiscard]] std::optional<std::string> group_path(const std::string& root, std::string_view controller, bool is_v2) {
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (is_v2 ? line.starts_with("0::") : has_word(controllers, controller)) return line.substr(second + 1);
  }
  return std::nullopt;
}

// The mounted hierarchies of a controller: lines are
// "ID PARENT DEVICE ROOT POINT OPTIONS... - TYPE SOURCE SUPER-OPTIONS" (proc(5)).
[[nodiscard]] std::vector<hierarchy> hierarchies(const std::string& root, std::string_view controller) {
  std::vector<hierarchy> found;
  std::ifstream mounts(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const std::vector<std::string> words = words_of(line);
    const auto dash = std::ranges::find(words, "-");
    if (words.size() < 6 || words.end() - dash < 3) continue;
    const bool is_v2 = dash[1] == "cgroup2";
    if (!is_v2 && (dash[1] != "cgroup" || words.end() - dash < 4 || !has_word(dash[3], controller))) continue;
    auto path = group_path(root, controller, is_v2);
    if (!path) continue;
    // In a container the mount may begin at our own group.
    const std::string& shown = words[3];
    if (shown != "/" && (*path + "/").starts_with(shown + "/")) path->erase(0, shown.size());
    const std::string top = root + words[4];
    found.push_back({top + (*path == "/" ? "" : *path), top, is_v2});
  }
  return found;
}

// The least of what `limit_in` returns for our group and its ancestors: it is called with the group's folder and
// whether that is one of version 2.
template <class Limit>
[[nodiscard]] std::optional<std::uint64_t> least_limit(const std::string& root, std::string_view controller,
                                                       const Limit& limit_in) {
  std::optional<std::uint64_t> least;
  for (hierarchy h : hierarchies(root, controller)) {
    for (;;) {
      if (const std::optional<std::uint64_t> n = limit_in(h.folder, h.is_v2)) least = std::min(least.value_or(*n), *n);
      const std::size_t slash = h.folder.rfind('/');
      if (h.folder.size() <= h.top.size() || slash == std::string::npos) break;
      h.folder.resize(slash);
    }
  }
  return least;
}

[[nodiscard]] std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;  // "max", "-1"
  return n;
}

[[nodiscard]] std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string text;
  std::getline(in, text);
  return text;
}

// The processors that a quota stands for.
[[nodiscard]] std::optional<std::uint64_t> quota_in(const std::string& group, bool is_v2) {
  const auto words = is_v2 ? words_of(first_line(group + "/cpu.max"))
                           : std::vector<std::string>{first_line(group + "/cpu.cfs_quota_us"),
                                                      first_line(group + "/cpu.cfs_period_us")};
  if (words.size() != 2) return std::nullopt;
  const auto quota = to_number(words[0]);
  const auto period = to_number(words[1]);
  if (!quota || !period || *period == 0) return std::nullopt;
  return *quota / *period + (*quota % *period != 0 ? 1 : 0);
}

}  // namespace

std::optional<std::uint64_t> memory_limit(const std::string& root) {
  constexpr std::uint64_t kNone = std::uint64_t{1} << 62;  // version 1 reports a huge number for "no limit"
  return least_limit(root, "memory", [](const std::string& group, bool is_v2) {
    const auto n = to_number(first_line(group + (is_v2 ? "/memory.max" : "/memory.limit_in_bytes")));
    return n && *n < kNone ? n : std::nullopt;
  });
}

std::size_t processors(const std::string& root) {
  const std::uint64_t all = std::max(std::thread::hardware_concurrency(), 1u);  // of this thread's affinity
  const std::uint64_t quota = least_limit(root, "cpu", quota_in).value_or(all);
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(quota, 1, all));
}

std::uint64_t resident_memory() noexcept {
  std::FILE* const f = std::fopen("/proc/self/statm", "re");
  if (f == nullptr) return 0;
  unsigned long long whole = 0, resident = 0;
  const bool is_read = std::fscanf(f, "%llu %llu", &whole, &resident) == 2;
  std::fclose(f);
  return is_read ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

std::uint64_t raise_descriptors() noexcept {
  rlimit r{};
  if (getrlimit(RLIMIT_NOFILE, &r) != 0) return 1024;
  const rlimit most{r.rlim_max, r.rlim_max};
  if (r.rlim_cur != r.rlim_max && setrlimit(RLIMIT_NOFILE, &most) == 0) r = most;
  return r.rlim_cur;
}

}  // namespace docteur::cache_vm::on_linux
