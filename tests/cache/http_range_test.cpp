// Ranges and conditions.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "unikernel-example/application/http_range.hpp"

namespace docteur::cache_vm {
namespace {

std::string tag(const oid& id, const char* suffix = "") { return '"' + hex(id) + suffix + '"'; }

TEST(Http, Ranges) {
  served_site s;
  struct range_case {
    const char* range;
    int status;
    const char* body;
    const char* content_range;
  };
  for (const range_case& c : std::vector<range_case>{
           {"bytes=0-0", 206, "0", "bytes 0-0/10"},
           {"bytes=3-5", 206, "345", "bytes 3-5/10"},
           {"bytes=8-", 206, "89", "bytes 8-9/10"},
           {"bytes=8-99999999999999999999", 200, "0123456789", ""},
           {"bytes=8-99", 206, "89", "bytes 8-9/10"},
           {"bytes=-3", 206, "789", "bytes 7-9/10"},
           {"bytes=-99", 206, "0123456789", "bytes 0-9/10"},
           {"Bytes= 1-1 , 20-30", 206, "1", "bytes 1-1/10"},
           {"bytes=5-3", 200, "0123456789", ""},
           {"bytes=", 200, "0123456789", ""},
           {"lines=1-2", 200, "0123456789", ""},
           {"bytes=a-b", 200, "0123456789", ""},
           {"bytes=0-8,1-9", 200, "0123456789", ""},  // more than there is
           {"bytes=-0", 416, nullptr, "bytes */10"},
           {"bytes=10-", 416, nullptr, "bytes */10"},
       }) {
    const std::string r = s.get("/ten.txt", "Range: " + std::string(c.range) + "\r\n");
    EXPECT_EQ(status_of(r), c.status) << c.range;
    EXPECT_EQ(field_of(r, "Content-Range"), c.content_range) << c.range;
    if (c.body != nullptr) {
      EXPECT_EQ(body_of(r), c.body) << c.range;
    }
  }
}

TEST(Http, SeveralRanges) {
  served_site s;
  const std::string r = s.get("/ten.txt", "Range: bytes=1-2, -2\r\n");
  EXPECT_EQ(status_of(r), 206);
  const std::string type = field_of(r, "Content-Type");
  ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary="));
  const std::string b = "--" + type.substr(type.find('=') + 1);
  const std::string head = "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ";
  EXPECT_EQ(body_of(r), "\r\n" + b + head + "1-2/10\r\n\r\n12\r\n" + b + head + "8-9/10\r\n\r\n89\r\n" + b + "--\r\n");
  EXPECT_EQ(field_of(r, "Content-Length"), std::to_string(body_of(r).size()));
}

TEST(Http, ManyRanges) {
  served_site s;
  std::string range = "bytes=";
  std::string wanted;
  for (std::size_t i = 0; i < 40; ++i) {
    range += std::to_string(i * 100) + "-" + std::to_string(i * 100 + 9) + ",";
    wanted += kPage.substr(i * 100, 10);
  }
  const std::string r = s.get("/page.html", "Range: " + range + "\r\n");
  EXPECT_EQ(status_of(r), 206);
  EXPECT_EQ(field_of(r, "Content-Length"), std::to_string(body_of(r).size()));
  std::string got;
  const std::string body = body_of(r);
  for (std::size_t at = 0; (at = body.find("\r\n\r\n", at)) != std::string::npos;) got += body.substr(at += 4, 10);
  EXPECT_EQ(got, wanted);
  // More work than the whole.
  EXPECT_EQ(body_of(s.get("/ten.txt", "Range: " + range + "\r\n")), kTen);
}

TEST(Http, RangeOfAnEmptyFileIsTheWhole) {
  served_site s;
  for (const char* range : {"bytes=0-", "bytes=0-0", "bytes=-1", "bytes=5-9", "bytes=0-,0-"}) {
    const std::string r = s.get("/empty", "Range: " + std::string(range) + "\r\n");
    EXPECT_EQ(status_of(r), 200) << range;
    EXPECT_EQ(field_of(r, "Content-Length"), "0");
  }
}

TEST(Http, RangesOfALargeFile) {
  served_site s;
  EXPECT_EQ(body_of(s.get("/large.txt", "Range: bytes=500000-500099\r\n")), kLarge.substr(500'000, 100));
  EXPECT_EQ(body_of(s.get("/large.txt")), kLarge);
  EXPECT_EQ(body_of(s.get("/large.txt")), kLarge);  // proved by now
}

// If the sum of range sizes wrapped around, Content-Length would be too small, and the rest of the body, which the
// image's author chose, would be taken for the next response.
TEST(Http, SizesThatAnImageOnlyClaimsAreRefused) {
  const std::string evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" + noise(200'000, 8);
  site_image made;
  image_maker m;
  const std::uint64_t half = std::uint64_t{1} << 63;
  const auto claim = [&m, stream = deflated(as_bytes(evil))](const char* name, std::uint64_t size) {
    const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(name));
    m.add_claim(id, size, stream, image_maker::form::deflated);
    return id;
  };
  made.ten = m.add_blob(kTen);
  const oid lie = object_id(hash_kind::sha1, object_type::blob, as_bytes("result"));
  m.add_ofs_delta(lie, made.ten, delta_text(kTen.size(), half).copy(0, 10).view());
  const tree_text top = tree_text()
                            .add("100644", "half", claim("half", half))
                            .add("100644", "max", claim("max", ~std::uint64_t{0}))
                            .add("100644", "result", lie)
                            .add("100644", "ten.txt", made.ten)
                            .add("100644", "three", claim("three", half / 3 * 4));
  made.commit = m.add(object_type::commit, commit_text(m.add_tree(top)));
  made.raw = m.image(made.commit);
  served_site s(std::move(made), {});
  for (const char* path : {"/half", "/max", "/three", "/result"}) {
    for (const char* fields : {"", "Range: bytes=0-,0-\r\n", "Range: bytes=0-,0-,0-\r\n", "Range: bytes=0-9\r\n",
                               "Accept-Encoding: deflate\r\n", "Accept-Encoding: gzip\r\n"}) {
      EXPECT_EQ(status_of(s.get(path, fields)), 500) << path << fields;
      const std::string head = s.exchange("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
      EXPECT_EQ(status_of(head), 500) << path << fields;
    }
  }
  EXPECT_EQ(body_of(s.get("/ten.txt")), kTen);
}

TEST(Range, SizesAreNeverAdded) {
  using enum range_set::kind;
  for (const std::uint64_t size : {std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} / 3 * 2 + 1}) {
    EXPECT_EQ(parse_range("bytes=0-,0-", size, 100).state, ignored) << size;
    EXPECT_EQ(parse_range("bytes=0-,0-,1-", size, 100).state, ignored) << size;
    EXPECT_EQ(parse_range("bytes=1-2,-2", size, 100).ranges, (std::vector<byte_range>{{1, 2}, {size - 2, 2}}));
    EXPECT_EQ(parse_range("bytes=0-", size, 100).ranges, (std::vector<byte_range>{{0, size}}));
  }
}

TEST(Range, AreBoundedByTheirWork) {
  using enum range_set::kind;
  const auto forward = [](unsigned n) {
    std::string all = "bytes=";
    for (unsigned i = 0; i < n; ++i) all += std::to_string(10 * i) + "-" + std::to_string(10 * i + 1) + ",";
    return all;
  };
  const auto backward = [](unsigned n) {
    std::string all = "bytes=";
    for (unsigned i = n; i > 0; --i) all += std::to_string(10 * i) + "-" + std::to_string(10 * i + 1) + ",";
    return all;
  };
  constexpr std::uint64_t plenty = 1 << 20;
  EXPECT_EQ(parse_range(forward(20), plenty, 1024).ranges.size(), 20u);  // as zsync asks
  EXPECT_EQ(parse_range(forward(1024), plenty, 1024).ranges.size(), 1024u);
  EXPECT_EQ(parse_range(forward(1025), plenty, 1024).state, ignored);
  EXPECT_EQ(parse_range(forward(16), 160, 1024).ranges.size(), 16u);
  EXPECT_EQ(parse_range(forward(20), 20 * (kRangeCost + 2), 1024).state, some);
  EXPECT_EQ(parse_range(forward(20), 20 * (kRangeCost + 2) - 1, 1024).state, ignored);  // more work than the whole
  EXPECT_EQ(parse_range(backward(17), plenty, 1024).ranges.size(), 17u);
  EXPECT_EQ(parse_range(backward(18), plenty, 1024).state, ignored);
  EXPECT_EQ(parse_range("bytes=0-,0-", plenty, 1024).state, ignored);
}

TEST(Http, Conditions) {
  served_site s;
  const std::string mine = tag(s.image.ten);
  struct condition_case {
    std::string fields;
    int status;
  };
  const std::string same = std::string(kModified);
  for (const condition_case& c : std::vector<condition_case>{
           {"If-None-Match: " + mine, 304},
           {"If-None-Match: W/" + mine, 304},
           {"If-None-Match: \"a\", " + mine, 304},
           {"If-None-Match: \"a\"\r\nIf-None-Match: " + mine, 304},
           {"If-None-Match: *", 304},
           {"If-None-Match: \"a\"", 200},
           {"If-None-Match: \"a\"\r\nIf-Modified-Since: " + same, 200},
           {"If-None-Match: " + tag(s.image.ten, "-deflate"), 200},
           {"If-Modified-Since: " + same, 304},
           {"If-Modified-Since: Sunday, 13-Sep-20 12:26:41 GMT", 304},
           {"If-Modified-Since: Sun Sep 13 12:26:41 2020", 304},
           {"If-Modified-Since: Sun, 13 Sep 2020 12:26:40 GMT", 200},
           {"If-Modified-Since: Sun, 13 Sep 2020 12:26:42 GMT", 200},  // of another version
           {"If-Modified-Since: yesterday", 200},
           {"If-Match: " + mine, 200},
           {"If-Match: *", 200},
           {"If-Match: W/" + mine, 412},
           {"If-Unmodified-Since: " + same, 200},
           {"If-Match: " + mine + "\r\nIf-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", 200},
           {"Range: bytes=0-1\r\nIf-Range: " + mine, 206},
           {"Range: bytes=0-1\r\nIf-Range: W/" + mine, 200},
           {"Range: bytes=0-1\r\nIf-Range: \"a\"", 200},
           {"Range: bytes=0-1\r\nIf-Range: " + same, 200},  // two versions may share a date
           {"Range: bytes=0-1\r\nIf-Range: Sunday, 13-Sep-20 12:26:41 GMT", 200},
           {"Range: bytes=0-1\r\nIf-Match: " + mine, 206},
           {"Range: bytes=0-1\r\nIf-Match: *", 206},
           {"Range: bytes=0-1\r\nIf-Match: \"a\"", 412},
           {"Range: lines=0-1\r\nIf-Match: \"a\"", 412},
           {"Range: bytes=99-\r\nIf-None-Match: " + mine, 304},
           {"Range: bytes=99-\r\nIf-Match: \"a\"", 412},
           {"Range: bytes=0-1\r\nIf-Modified-Since: " + same, 304},
           {"Range: bytes=0-1\r\nIf-Range: Sun, 13 Sep 2020 12:26:42 GMT", 200},
           {"Range: bytes=0-1\r\nIf-None-Match: " + mine, 304},
       }) {
    EXPECT_EQ(status_of(s.get("/ten.txt", c.fields + "\r\n")), c.status) << c.fields;
  }
}

// RFC 9110, section 14.2: preconditions are evaluated as if there were no Range. Ranges refer to the representation
// that the client has.
TEST(Http, RangesOfACodedRepresentation) {
  served_site s;
  const std::string accept = "Accept-Encoding: deflate\r\n";
  const std::string coded = field_of(s.get("/page.html", accept), "ETag");
  const std::string plain = tag(s.image.page);
  const std::string stream = body_of(s.get("/page.html", accept));
  const std::string range = "Range: bytes=5-9\r\n";
  struct coded_case {
    std::string fields;
    int status;
    std::string tag;
    std::string body;
  };
  const std::string part_of_stream = stream.substr(5, 5);
  const std::string part_of_page = kPage.substr(5, 5);
  for (const coded_case& c : std::vector<coded_case>{
           {"If-None-Match: " + coded + "\r\n", 304, coded, ""},
           {"If-None-Match: " + coded + "\r\n" + range, 304, coded, ""},
           {"If-None-Match: " + coded + "\r\nRange: lines=1-2\r\n", 304, coded, ""},
           {"If-None-Match: " + plain + "\r\n", 304, plain, ""},
           {"If-None-Match: " + plain + "\r\n" + range, 304, plain, ""},
           {"If-None-Match: \"a\"\r\n", 200, coded, stream},
           {"If-None-Match: \"a\"\r\n" + range, 206, plain, part_of_page},
           {"If-Match: " + coded + "\r\n", 200, coded, stream},
           {"If-Match: " + coded + "\r\n" + range, 206, coded, part_of_stream},
           {"If-Match: " + coded + "\r\nRange: bytes=9-5\r\n", 200, coded, stream},
           {"If-Match: " + coded + "\r\nRange: lines=1-2\r\n", 200, coded, stream},
           {"If-Match: " + plain + "\r\n", 200, plain, kPage},
           {"If-Match: " + plain + "\r\n" + range, 206, plain, part_of_page},
           {"If-Match: " + plain + ", " + coded + "\r\n", 200, coded, stream},
           {"If-Match: " + plain + ", " + coded + "\r\n" + range, 206, plain, part_of_page},
           {"If-Match: *\r\n" + range, 206, plain, part_of_page},
           {"If-Match: \"a\"\r\n" + range, 412, "", "412 Precondition Failed\n"},
           {"If-Range: " + coded + "\r\n" + range, 206, coded, part_of_stream},
           {"If-Range: " + plain + "\r\n" + range, 206, plain, part_of_page},
           {"If-Range: \"a\"\r\n" + range, 200, coded, stream},
           {range, 206, plain, part_of_page},
           {"Range: bytes=5-4\r\n", 200, coded, stream},
       }) {
    const std::string r = s.get("/page.html", accept + c.fields);
    EXPECT_EQ(status_of(r), c.status) << c.fields;
    EXPECT_EQ(field_of(r, "ETag"), c.tag) << c.fields;
    EXPECT_TRUE(body_of(r) == c.body) << c.fields;
    if (c.status == 200 || c.status == 206) {
      EXPECT_EQ(field_of(r, "Content-Encoding"), c.tag == coded ? "deflate" : "") << c.fields;
    }
  }
  // A client that does not accept the coding cannot have the coded tag.
  EXPECT_EQ(status_of(s.get("/page.html", "If-Match: " + coded + "\r\n" + range)), 412);
  EXPECT_EQ(body_of(s.get("/page.html", "If-Range: " + coded + "\r\n" + range)), kPage);
}

}  // namespace
}  // namespace docteur::cache_vm
