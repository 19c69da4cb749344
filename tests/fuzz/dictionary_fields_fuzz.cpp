// Property: a value of Available-Dictionary is a SHA-256 only in its one form; the value of Use-As-Dictionary for any
// target is one quoted string that is visible ASCII, and whose pattern matches the path that it was made of.
#include <string>

#include "base/base64.hpp"
#include "fuzz/property.hpp"
#include "unikernel-example/application/available_dictionary.hpp"
#include "unikernel-example/application/http_text.hpp"

namespace {

using namespace docteur;
using namespace docteur::cache_vm;

// The text of a quoted string (RFC 9651, section 4.2.5).
std::string unquoted(std::string_view text) {
  std::string out;
  PROPERTY(text.size() >= 2 && text.front() == '"' && text.back() == '"');
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    PROPERTY(text[i] > 0x20 && text[i] < 0x7f && text[i] != '"');
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    PROPERTY(++i < text.size() && (text[i] == '\\' || text[i] == '"'));
    out += text[i];
  }
  return out;
}

// The one path that a pattern without its front matches.
std::string literal(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    PROPERTY(std::string_view("{}()*+?:").find(pattern[i]) == std::string_view::npos);
    if (pattern[i] == '\\') PROPERTY(++i < pattern.size());
    out += pattern[i];
  }
  return out;
}

void check_target(std::string_view target, sibling_paths where, bool has_version) {
  const std::string value = use_as_dictionary(target, where, has_version);
  if (value.empty()) return;
  PROPERTY(target.starts_with('/') && !target.starts_with("//"));
  PROPERTY(value.starts_with("match=") && value.size() < 3000);
  const std::string pattern = unquoted(std::string_view(value).substr(6));
  const std::string_view front = where == sibling_paths::named ? "/:version" : "{/@:version}?";
  PROPERTY(pattern.starts_with(front));
  const std::string path = literal(std::string_view(pattern).substr(front.size()));
  PROPERTY(path.starts_with('/') && target.substr(0, target.find('?')).ends_with(path));
  if (!has_version) PROPERTY(target.substr(0, target.find('?')) == path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text(fuzz_input(data, size));
  if (const auto hash = parse_available_dictionary(input)) {
    PROPERTY(input.size() == 46 && hash->kind() == hash_kind::sha256);
    // The last digit has two bits that count for nothing.
    PROPERTY(base64_encoded(as_text(hash->view())).substr(0, 42) == input.substr(1, 42));
  }
  // As in a request.
  if (!is_all(input, char_class::target)) return 0;
  for (const sibling_paths where : {sibling_paths::marked, sibling_paths::named})
    for (const bool has_version : {false, true}) check_target(input, where, has_version);
  return 0;
}
