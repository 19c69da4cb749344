// The fields of RFC 9842: which values of Available-Dictionary count, and which paths a response is a dictionary for.

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "object/sha256.hpp"
#include "unikernel-example/application/available_dictionary.hpp"

namespace docteur::cache_vm {
namespace {

TEST(DictionaryFields, AvailableDictionary) {
  const oid hash = sha256_of(as_bytes("what the client has"));
  const std::string digits = base64_encoded(as_text(hash.view()));
  EXPECT_EQ(parse_available_dictionary(":" + digits + ":"), hash);
  // RFC 9842, section 2.2.
  const auto example = parse_available_dictionary(":pZGm1Av0IEBKARczz7exkNYsZb8LzaMrV7J32a2fFG4=:");
  ASSERT_TRUE(example);
  EXPECT_EQ(to_hex(*example).view(), "a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e");
  const std::string other = ":" + base64_encoded(as_text(sha256_of({}).view())) + ":";
  std::string odd = digits, spaced = digits;
  odd[7] = '-';
  spaced[7] = ' ';
  for (const std::string& wrong : std::vector<std::string>{
           "",
           ":",
           "::",
           digits,
           ":" + digits,
           digits + ":",
           "\"" + digits + "\"",
           "? :" + digits + ":",
           ":" + digits + ": ",
           ":" + digits + ":;a=1",
           ":" + digits + ":, " + other,
           ":" + digits.substr(0, 43) + ":",
           ":" + digits.substr(0, 40) + ":",
           ":" + digits.substr(0, 42) + "==:",
           ":=" + digits.substr(0, 43) + ":",
           ":" + digits + digits + ":",
           ":" + odd + ":",
           ":" + spaced + ":",
           ":" + std::string(44, '=') + ":",
           ":" + std::string(44, 'A') + ":",  // 33 bytes
           ":" + std::string(44, '\xff') + ":",
       })
    EXPECT_FALSE(parse_available_dictionary(wrong)) << wrong;
}

TEST(DictionaryFields, UseAsDictionary) {
  using enum sibling_paths;
  struct pattern_case {
    std::string target;
    sibling_paths where;
    bool has_version;
    std::string value;
  };
  for (const pattern_case& c : std::vector<pattern_case>{
           {"/", marked, false, R"(match="{/@:version}?/")"},
           {"/a/page.html", marked, false, R"(match="{/@:version}?/a/page.html")"},
           {"/a/page.html?q=a/b", marked, false, R"(match="{/@:version}?/a/page.html")"},
           {"/@v1/a/page.html", marked, true, R"(match="{/@:version}?/a/page.html")"},
           {"/@v1/", marked, true, R"(match="{/@:version}?/")"},
           {"/@v1", marked, true, ""},
           // A folder of the image that begins with the mark.
           {"/@scope/file.js", marked, false, R"(match="{/@:version}?/@scope/file.js")"},
           {"/v1/a/page.html", named, true, R"(match="/:version/a/page.html")"},
           {"/%761/a", named, true, R"(match="/:version/a")"},
           // Characters of patterns, and of quoted strings.
           {"/a*b+c?d", marked, false, R"(match="{/@:version}?/a\\*b\\+c")"},
           {"/{x}(y):z", marked, false, R"(match="{/@:version}?/\\{x\\}\\(y\\)\\:z")"},
           {R"(/a\b"c)", marked, false, R"(match="{/@:version}?/a\\\\b\"c")"},
           {"/%E4%F6/x%20y", marked, false, R"(match="{/@:version}?/%E4%F6/x%20y")"},
           // Not in origin-form, or the pattern of another host, or not ASCII.
           {"http://a/page.html", marked, false, ""},
           {"//a/page.html", marked, false, ""},
           {"/\xc3\xa9.txt", marked, false, ""},
           {"", marked, false, ""},
           {"*", marked, false, ""},
           {"?a", marked, false, ""},
       })
    EXPECT_EQ(use_as_dictionary(c.target, c.where, c.has_version), c.value) << c.target;
  EXPECT_NE(use_as_dictionary("/" + std::string(511, 'a'), marked, false), "");
  EXPECT_EQ(use_as_dictionary("/" + std::string(512, 'a'), marked, false), "");
}

}  // namespace
}  // namespace docteur::cache_vm
