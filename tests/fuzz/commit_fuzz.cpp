// Property: a commit that parses consists of headers, the first of which names its tree, followed by nothing or by an
// empty line and the message. A tag that parses names the object in its first line.
#include <algorithm>
#include <string>

#include "fuzz/property.hpp"
#include "object/commit.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  const bytes in = fuzz_input(data, size);
  const std::string_view text = as_text(in);
  const auto hex = [](const oid& id) {
    const oid_hex h = to_hex(id);
    return std::string(h.data(), h.size());
  };
  const auto lower = [](std::string_view s) {
    std::string folded(s);
    std::ranges::transform(folded, folded.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? char(c - 'A' + 'a') : c; });
    return folded;
  };
  if (const auto c = parse_commit(in, hash_kind::sha1)) {
    std::string again(c->headers);
    if (c->has_message) again.append("\n").append(c->message);
    PROPERTY(again == text);
    PROPERTY(lower(text.substr(0, 46)) == "tree " + hex(c->tree) + "\n");
    PROPERTY(c->parents <= static_cast<std::size_t>(std::ranges::count(c->headers, '\n')));
  }
  if (const auto t = parse_tag(in, hash_kind::sha1))
    PROPERTY(lower(text.substr(0, 48)) == "object " + hex(t->target) + "\n");
  (void)parse_signature(text);
  return 0;
}
