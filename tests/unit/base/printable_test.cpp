#include "base/printable.hpp"

#include <gtest/gtest.h>

#include "object/utf8.hpp"

namespace docteur {
namespace {

TEST(Printable, NamesStayOnOneLineAndAreNotAmbiguous) {
  EXPECT_EQ(printable("plain name.txt"), "plain name.txt");
  EXPECT_EQ(printable("a\nb\tc\\d"), "a\\nb\\tc\\\\d");
  EXPECT_EQ(printable(std::string_view("\0\x1b[0m\x7f", 6)), "\\x00\\x1b[0m\\x7f");
  EXPECT_EQ(printable_line("a\nb\tc\\d"), "a\\nb\\tc\\d");
  EXPECT_EQ(printable_text("a\nb\tc\\d\r"), "a\nb\tc\\d\\x0d");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, OtherUtf8Stays) {
  for (const char* const text : {"caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xd7\x90\xd7\x91", "\xef\xbf\xbd",
                                 "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80", "\xc2\xa0", "\xe2\x80\x8d"}) {
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(printable_line(text), text);
    EXPECT_EQ(printable_text(text), text);
  }
}

TEST(Printable, ControlsOfAllKindsAreEscaped) {
  EXPECT_EQ(printable("\xc2\x80\xc2\x9b\xc2\x9f"), "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f");
  EXPECT_EQ(printable("\xd8\x9c"), "\\xd8\\x9c");  // U+061C
  EXPECT_EQ(printable("\xe2\x80\x8e\xe2\x80\x8f"), "\\xe2\\x80\\x8e\\xe2\\x80\\x8f");
  for (const unsigned c :
       {0x202au, 0x202bu, 0x202cu, 0x202du, 0x202eu, 0x2028u, 0x2029u, 0x2066u, 0x2067u, 0x2068u, 0x2069u, 0xfeffu}) {
    const std::string text{static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
                           static_cast<char>(0x80 | (c & 0x3f))};
    EXPECT_EQ(first_character(text).code, c);
    EXPECT_EQ(printable_text(text).size(), 12u) << std::hex << c;
  }
}

// Overlong forms, surrogates, what is above U+10FFFF, lone and missing bytes: byte by byte.
TEST(Printable, BytesThatAreNoUtf8AreEscaped) {
  for (const char* const text :
       {"\x80", "\x9b", "\xff", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98"})
    EXPECT_EQ(printable(text).size(), 4 * std::string_view(text).size()) << printable(text);
  EXPECT_EQ(printable("\xe2\x82z"), "\\xe2\\x82z");
  EXPECT_EQ(printable("\xc3\xc3\xa9"), "\\xc3\xc3\xa9");
}

// What was escaped once passes again as it is, so that a whole line may be looked at once more.
TEST(Printable, ALineOfEscapedNamesStays) {
  const std::string once = printable("\x1b]0;t\x07\n\\ \xff \xe2\x80\xae");
  EXPECT_EQ(printable_line(once), once);
}

TEST(Printable, CharactersAreNotCut) {
  const std::string_view text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (std::size_t n = 0; n <= text.size(); ++n) EXPECT_EQ(whole_characters(text.substr(0, n)), ends[n]) << n;
  EXPECT_EQ(whole_characters("\x80\x80\x80\x80\x80"), 5u);
}

}  // namespace
}  // namespace docteur
