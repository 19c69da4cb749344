#include "mount/mount_table.hpp"

#include <fstream>
#include <iterator>
#include <sstream>

namespace docteur {
namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The kernel writes space, tab, newline and backslash as "\" and three octal digits.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && text.size() - i >= 4 && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::optional<mount_entry> find_mount(std::string_view table, std::string_view folder) {
  std::optional<mount_entry> last;
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    // "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"
    std::istringstream words(line);
    std::string id, parent, root, point, word;
    mount_entry e;
    words >> id >> parent >> e.device >> root >> point;
    while (words >> word && word != "-") {
    }
    words >> e.type;
    if (words && unescaped(point) == folder) last = e;
  }
  return last;
}

std::optional<mount_entry> find_mount(const std::string& folder) {
  std::ifstream file("/proc/self/mountinfo");
  const std::string table{std::istreambuf_iterator<char>(file), {}};
  return find_mount(std::string_view(table), folder);
}

}  // namespace docteur
