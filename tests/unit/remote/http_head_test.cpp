#include "remote/http_head.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

TEST(ContentRange, Parts) {
  const auto r = parse_content_range("bytes 0-99/1000");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->first, 0u);
  EXPECT_EQ(r->size, 100u);
  EXPECT_EQ(r->total, 1000u);
  EXPECT_TRUE(parse_content_range("Bytes 999-999/1000"));
  EXPECT_TRUE(parse_content_range("bytes  5-6/7"));
  const auto unknown = parse_content_range("bytes 5-6/*");
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->total);
  const auto none = parse_content_range("bytes */1000");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->size, 0u);
  EXPECT_EQ(none->total, 1000u);
  EXPECT_EQ(parse_content_range("bytes 9223372036854775806-9223372036854775806/9223372036854775807")->size, 1u);
}

TEST(ContentRange, Refused) {
  for (const char* value :
       {"", "bytes", "bytes ", "bytes 0-99", "bytes 0-99/", "bytes 0-/100", "bytes -5/100", "bytes 5-4/100",
        "bytes 0-100/100", "bytes 0-99/100x", "bytes 0 - 99/100", "items 0-99/100", "bytes */*", "bytes +0-99/100",
        "bytes 0x0-1/100", "bytes 0-9223372036854775808/9223372036854775809",
        "bytes 0-18446744073709551615/18446744073709551615", "bytes 0-99999999999999999999/1", "bytes 0-9,20-29/100"})
    EXPECT_FALSE(parse_content_range(value)) << value;
}

TEST(RetryAfter, SecondsAndDates) {
  using std::chrono::seconds;
  EXPECT_EQ(parse_retry_after("0", 0), seconds(0));
  EXPECT_EQ(parse_retry_after("120", 0), seconds(120));
  EXPECT_EQ(parse_retry_after("999999999999", 0), seconds(86400));
  EXPECT_EQ(parse_retry_after("Sat, 28 Nov 2026 10:00:30 GMT", 1795860000), seconds(30));
  EXPECT_EQ(parse_retry_after("Sat, 28 Nov 2020 10:00:30 GMT", 1795860000), seconds(0));
  for (const char* value : {"", "soon", "-1", "1.5", "12 s", "99999999999999999999999"})
    EXPECT_FALSE(parse_retry_after(value, 0)) << value;
}

TEST(Etag, OnlyStrongOnes) {
  EXPECT_TRUE(is_strong_etag("\"a\""));
  EXPECT_TRUE(is_strong_etag("\"6b0a5763-136000\""));
  const std::string longest(300, 'a');
  for (const std::string& value :
       {std::string("W/\"a\""), std::string("a"), std::string("\""), std::string("\"\""), std::string("\"a\"b\""),
        std::string("\"a\nb\""), std::string("\"a b\""), '"' + longest + '"', std::string("\"\x80\"")})
    EXPECT_FALSE(is_strong_etag(value)) << value;
}

TEST(HttpHead, Fields) {
  http_head h;
  EXPECT_TRUE(h.add("HTTP/1.1 100 Continue\r\n"));
  EXPECT_TRUE(h.add("ETag: \"old\"\r\n"));
  EXPECT_TRUE(h.add("\r\n"));
  EXPECT_TRUE(h.add("HTTP/2 206\r\n"));
  EXPECT_FALSE(h.etag);
  EXPECT_TRUE(h.add("CONTENT-RANGE:bytes 0-9/10\r\n"));
  EXPECT_TRUE(h.add("etag:   \"x\"  \r\n"));
  EXPECT_EQ(h.status, 206);
  EXPECT_EQ(h.content_range, "bytes 0-9/10");
  EXPECT_EQ(h.etag, "\"x\"");
  EXPECT_FALSE(h.is_ambiguous);
  EXPECT_TRUE(h.add("ETag: \"x\"\r\n"));
  EXPECT_FALSE(h.is_ambiguous);
  EXPECT_TRUE(h.add("ETag: \"y\"\r\n"));
  EXPECT_TRUE(h.is_ambiguous);
}

TEST(HttpHead, HasAnEnd) {
  http_head h;
  EXPECT_TRUE(h.add("HTTP/1.1 206 Partial Content\r\n"));
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  bool goes_on = true;
  for (int i = 0; i < 100 && goes_on; ++i) goes_on = h.add(line);
  EXPECT_FALSE(goes_on);
  http_head again;
  goes_on = true;
  for (int i = 0; i < 10000 && goes_on; ++i) goes_on = again.add("HTTP/1.1 100 Continue\r\n");
  EXPECT_FALSE(goes_on);
}

}  // namespace
}  // namespace docteur
