// Property: a configuration that is read and written again in git's way reads the same.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/config_text.hpp"
#include "fuzz/property.hpp"

namespace {

using namespace docteur;

std::string quoted(std::string_view text, bool is_value) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' && is_value ? "\\n" : std::string(1, c);
  }
  return out + "\"";
}

// "section.subsection.key": for git a section has no dot, and a dotted one is read as a subsection.
std::string written(const config_entry& e) {
  const std::size_t last = e.name.rfind('.');
  std::string out;
  if (last != std::string::npos) {
    const std::size_t first = e.name.find('.');
    out = "[" + e.name.substr(0, first);
    if (first != last) out += " " + quoted(std::string_view(e.name).substr(first + 1, last - first - 1), false);
    out += "]\n";
  }
  out += e.name.substr(last == std::string::npos ? 0 : last + 1);
  return out + (e.value ? " = " + quoted(*e.value, true) : "") + "\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entries = parse_config(as_text(fuzz_input(data, size)));
  if (!entries) {
    PROPERTY(entries.error().who == blame::input && entries.error().message.starts_with("line "));
    return 0;
  }
  std::string again;
  for (const config_entry& e : *entries) again += written(e);
  const auto read = parse_config(again);
  PROPERTY(read && read->size() == entries->size());
  for (std::size_t i = 0; i < read->size(); ++i)
    PROPERTY((*read)[i].name == (*entries)[i].name && (*read)[i].value == (*entries)[i].value);
  return 0;
}
