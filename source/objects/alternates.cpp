#include "source/objects/alternates.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>

#include "base/absence.hpp"
#include "source/objects/regular_file.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kDeepest = 6;             // files of alternates in a chain, as in git
constexpr std::size_t kMostBytes = 1 << 20;  // of a file of alternates
constexpr std::size_t kMostFolders = 1 << 12;
constexpr std::size_t kMostRemembered = 16;

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The character that an escape stands for; `rest` begins after the backslash and is moved past the escape.
std::optional<char> take_escape(std::string_view& rest) {
  constexpr std::string_view kLetters = "abfnrtv\"\\";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\"\\";
  if (rest.empty()) return std::nullopt;
  if (const std::size_t i = kLetters.find(rest.front()); i != std::string_view::npos) {
    rest.remove_prefix(1);
    return kMeanings[i];
  }
  if (rest.size() < 3 || rest[0] > '3' || !std::all_of(rest.begin(), rest.begin() + 3, is_octal)) return std::nullopt;
  const int value = (rest[0] - '0') * 64 + (rest[1] - '0') * 8 + (rest[2] - '0');
  rest.remove_prefix(3);
  return static_cast<char>(value);
}

// A quoted path at the front of `rest`, which is moved past it; nullopt if its quoting is broken.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string path;
  std::string_view from = rest.substr(1);
  while (!from.empty()) {
    const char c = from.front();
    from.remove_prefix(1);
    if (c == '"') {
      rest = from;
      return path;
    }
    if (c != '\\') {
      path += c;
      continue;
    }
    const auto meant = take_escape(from);
    if (!meant) return std::nullopt;
    path += *meant;
  }
  return std::nullopt;
}

class folder_finder {
 public:
  object_folders run(const std::string& objects) {
    add(objects, "", 0);
    return std::move(found_);
  }

 private:
  // `from`: the file that names `path`.
  void add(const std::string& path, const std::string& from, unsigned depth) {
    struct stat st {};
    if (::stat(path.c_str(), &st) != 0) {
      if (!is_absence(errno)) return remember(about(path, unreadable(errno).value()));
      return remember({true, "alternate " + printable(path) + ", named in " + printable(from) + ", does not exist"});
    }
    if (!S_ISDIR(st.st_mode))
      return remember({false, "alternate " + printable(path) + ", named in " + printable(from) + ", is not a folder"});
    if (!seen_.insert({st.st_dev, st.st_ino}).second) return;
    if (found_.paths.size() == kMostFolders) return remember({false, printable(from) + " names too many folders"});
    found_.paths.push_back(path);
    follow(path, depth);
  }

  void follow(const std::string& folder, unsigned depth) {
    const std::string file = folder + "/info/alternates";
    const auto text = read_regular(file, kMostBytes);
    if (!text) {
      if (!text.error().missing) remember(about(file, text.error()));
      return;
    }
    if (depth == kDeepest)
      return remember({false, printable(file) + " is not followed: alternates are nested too deeply"});
    std::error_code ignored;
    const fs::path base = fs::weakly_canonical(folder, ignored);
    for (const std::string& line : parse_alternates(*text))
      add((base / line).lexically_normal().native(), file, depth + 1);
  }

  void remember(object_fault fault) {
    if (found_.faults.size() < kMostRemembered) found_.faults.push_back(std::move(fault));
  }

  object_folders found_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

// As git's link_alt_odb_entries(), in which a quoted path can end within a line, too.
std::vector<std::string> parse_alternates(std::string_view text) {
  std::vector<std::string> paths;
  text = text.substr(0, text.find('\0'));
  while (!text.empty()) {
    std::optional<std::string> path;
    if (text.front() == '"') path = take_quoted(text);
    if (!path) {
      const std::string_view line = text.substr(0, text.find('\n'));
      path = line.starts_with('#') ? "" : line;
      text.remove_prefix(line.size());
    }
    if (!text.empty()) text.remove_prefix(1);
    if (!path->empty()) paths.push_back(std::move(*path));
  }
  return paths;
}

object_folders find_object_folders(const std::string& objects) { return folder_finder().run(objects); }

}  // namespace docteur
