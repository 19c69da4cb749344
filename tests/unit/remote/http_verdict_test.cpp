#include "remote/http_verdict.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace docteur {
namespace {

using kind = http_verdict::kind;

http_head head_of(std::initializer_list<const char*> lines) {
  http_head h;
  for (const char* line : lines) EXPECT_TRUE(h.add(line));
  return h;
}

const image_version kTagged{1000, "\"a\"", "", ""};
const image_version kDated{1000, "", "Sat, 28 Nov 2026 10:00:00 GMT", ""};
const image_version kNamed{1000, "", "", "sha256:ab"};
constexpr byte_range kAsked{100, 50};

TEST(Judge, AGoodPart) {
  const auto head =
      head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000", "ETag: \"a\"", "Content-Length: 50"});
  for (const auto& pin : {std::optional<image_version>(), std::optional(kTagged)}) {
    const auto v = judge(head, kAsked, pin, 0);
    EXPECT_EQ(v.is, kind::good) << v.text;
    EXPECT_EQ(v.version, kTagged);
    EXPECT_EQ(v.part.offset, 100u);
    EXPECT_EQ(v.part.size, 50u);
  }
  EXPECT_EQ(judge(head, kAsked, kDated, 0).is, kind::moved_on);
}

TEST(Judge, TheWholeFile) {
  const auto judged = [](std::initializer_list<const char*> lines, const std::optional<image_version>& pin) {
    return judge(head_of(lines), kAsked, pin, 0, true);
  };
  for (const auto& pin : {std::optional<image_version>(), std::optional(kTagged)}) {
    const auto v = judged({"HTTP/1.1 200 x", "ETag: \"a\"", "Content-Length: 1000"}, pin);
    EXPECT_EQ(v.is, kind::good) << v.text;
    EXPECT_EQ(v.version, kTagged);
    EXPECT_EQ(v.part.offset, 0u);
    EXPECT_EQ(v.part.size, 1000u);
  }
  EXPECT_EQ(judged({"HTTP/1.1 200 x", "ETag: \"b\"", "Content-Length: 1000"}, kTagged).is, kind::moved_on);
  EXPECT_EQ(judged({"HTTP/1.1 200 x", "ETag: \"a\"", "Content-Length: 999"}, kTagged).is, kind::moved_on);
  for (const char* length : {"Content-Length: 0", "Content-Length: 10x", "Content-Length: -1",
                             "Content-Length:", "Content-Length: 9223372036854775808"})
    EXPECT_EQ(judged({"HTTP/1.1 200 x", "ETag: \"a\"", length}, std::nullopt).is, kind::refused) << length;
  EXPECT_EQ(judged({"HTTP/1.1 200 x", "ETag: \"a\""}, std::nullopt).is, kind::refused);
  EXPECT_EQ(judged({"HTTP/1.1 200 x", "ETag: \"a\"", "Content-Length: 1000", "Content-Encoding: br"}, kTagged).is,
            kind::refused);
  EXPECT_EQ(judge(head_of({"HTTP/1.1 200 x", "ETag: \"a\"", "Content-Length: 1000"}), kAsked, kTagged, 0).is,
            kind::refused);
}

TEST(Judge, AShorterPart) {
  const auto v =
      judge(head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-109/1000", "ETag: \"a\""}), kAsked, kTagged, 0);
  EXPECT_EQ(v.is, kind::good);
  EXPECT_EQ(v.part.size, 10u);
}

TEST(Judge, VersionWithoutAStrongTag) {
  const auto weak = head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000", "ETag: W/\"a\"",
                             "Last-Modified: Sat, 28 Nov 2026 10:00:00 GMT"});
  EXPECT_EQ(judge(weak, kAsked, std::nullopt, 0).version, kDated);
  EXPECT_EQ(judge(weak, kAsked, kDated, 0).is, kind::good);
  const auto none = head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000", "ETag: W/\"a\""});
  EXPECT_EQ(judge(none, kAsked, std::nullopt, 0).is, kind::refused);
  EXPECT_EQ(judge(none, kAsked, kTagged, 0).is, kind::moved_on);
}

TEST(Judge, AnotherFile) {
  EXPECT_EQ(
      judge(head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1001", "ETag: \"a\""}), kAsked, kTagged, 0).is,
      kind::moved_on);
  EXPECT_EQ(
      judge(head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000", "ETag: \"b\""}), kAsked, kTagged, 0).is,
      kind::moved_on);
  EXPECT_EQ(judge(head_of({"HTTP/1.1 412 x"}), kAsked, kTagged, 0).is, kind::moved_on);
  EXPECT_EQ(judge(head_of({"HTTP/1.1 416 x", "Content-Range: bytes */90"}), kAsked, kTagged, 0).is, kind::moved_on);
  EXPECT_EQ(judge(head_of({"HTTP/1.1 200 x", "Content-Length: 1000", "ETag: \"b\""}), kAsked, kTagged, 0).is,
            kind::moved_on);
}

TEST(Judge, NotBelieved) {
  for (const auto& head :
       {head_of({"HTTP/1.1 206 x", "ETag: \"a\""}),
        head_of({"HTTP/1.1 206 x", "Content-Range: bytes 0-49/1000", "ETag: \"a\""}),
        head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-150/1000", "ETag: \"a\""}),
        head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/*", "ETag: \"a\""}),
        head_of({"HTTP/1.1 206 x", "Content-Range: bytes */1000", "ETag: \"a\""}),
        head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000", "ETag: \"a\"", "Content-Length: 49"}),
        head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000", "ETag: \"a\"", "Content-Encoding: gzip"}),
        head_of(
            {"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000", "Content-Range: bytes 0-49/1000", "ETag: \"a\""}),
        head_of({"HTTP/1.1 200 x", "Content-Length: 1000", "ETag: \"a\""}), head_of({"HTTP/1.1 204 x"}),
        head_of({"HTTP/1.1 401 x"}), head_of({"HTTP/1.1 403 x"}), head_of({"HTTP/1.1 404 x"}),
        head_of({"HTTP/1.1 416 x", "Content-Range: bytes */1000"}), head_of({"HTTP/1.1 501 x"})}) {
    const auto v = judge(head, kAsked, kTagged, 0);
    EXPECT_EQ(v.is, kind::refused) << head.status << v.text;
    EXPECT_FALSE(v.text.empty());
  }
}

TEST(Judge, WorthAnotherTry) {
  for (const char* line : {"HTTP/1.1 500 x", "HTTP/1.1 502 x", "HTTP/1.1 503 x", "HTTP/1.1 504 x", "HTTP/1.1 429 x",
                           "HTTP/1.1 408 x", "HTTP/1.1 522 x"})
    EXPECT_EQ(judge(head_of({line}), kAsked, kTagged, 0).is, kind::retry) << line;
  EXPECT_EQ(judge(head_of({"HTTP/1.1 503 x", "Retry-After: 7"}), kAsked, kTagged, 0).pause, std::chrono::seconds(7));
  EXPECT_EQ(judge(head_of({"HTTP/1.1 302 x"}), kAsked, kTagged, 0).is, kind::redirect);
}

// The address names the content, so that no field of the answer needs to.
TEST(Judge, AFileNamedByItsDigest) {
  for (const auto& head :
       {head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000"}),
        head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1000", "ETag: \"another\"", "Last-Modified: x"})}) {
    const auto v = judge(head, kAsked, kNamed, 0);
    EXPECT_EQ(v.is, kind::good) << v.text;
    EXPECT_EQ(v.version, kNamed);
  }
  EXPECT_EQ(judge(head_of({"HTTP/1.1 206 x", "Content-Range: bytes 100-149/1001"}), kAsked, kNamed, 0).is,
            kind::moved_on);
}

TEST(ImageVersion, TextAndBack) {
  for (const image_version& v : {kTagged, kDated, kNamed}) EXPECT_EQ(parse_version(version_text(v)), v);
  for (const char* text :
       {"", "1000", "1000 etag", "1000 etag a", "1000 etag W/\"a\"", "x etag \"a\"", "01000 etag \"a\"",
        "1000  etag \"a\"", "1000 modified ", "1000 digest ", "1000 modified a\nb"})
    EXPECT_FALSE(parse_version(text)) << text;
}

}  // namespace
}  // namespace docteur
