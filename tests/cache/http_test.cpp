// What the server answers, from raw requests to raw responses.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "pack/inflate.hpp"
#include "unikernel-example/application/http_authority.hpp"
#include "unikernel-example/application/media_types.hpp"

namespace docteur::cache_vm {
namespace {

std::string tag(const oid& id, const char* suffix = "") { return '"' + hex(id) + suffix + '"'; }

struct status_case {
  const char* name;
  std::string request;
  int status;
};

TEST(Http, Statuses) {
  const std::string host = "Host: a\r\n\r\n";
  const std::vector<status_case> cases{
      {"file", "GET /ten.txt HTTP/1.1\r\n" + host, 200},
      {"1.0 without Host", "GET /ten.txt HTTP/1.0\r\n\r\n", 200},
      {"a later 1.x", "GET /ten.txt HTTP/1.9\r\n" + host, 200},
      {"absolute form", "GET http://b:80/ten.txt HTTP/1.1\r\n" + host, 200},
      {"empty line in front", "\r\nGET /ten.txt HTTP/1.1\r\n" + host, 200},
      {"link", "GET /link HTTP/1.1\r\n" + host, 200},
      {"through a linked directory", "GET /dl/index.html HTTP/1.1\r\n" + host, 200},
      {"query", "GET /ten.txt?x=1 HTTP/1.1\r\n" + host, 200},
      {"encoded", "GET /docs/sub/a%20b%26c.txt HTTP/1.1\r\n" + host, 200},
      {"encoded slash", "GET /docs%2Findex.html HTTP/1.1\r\n" + host, 200},
      {"encoded slash at the end", "GET /docs%2f HTTP/1.1\r\n" + host, 200},
      {"raw UTF-8", "GET /\xc3\xa9.txt HTTP/1.1\r\n" + host, 200},
      {"bytes that are no UTF-8", "GET /\xe9.txt HTTP/1.1\r\n" + host, 404},
      {"empty segments", "GET //docs///index.html HTTP/1.1\r\n" + host, 200},
      {"Content-Length 0", "GET /ten.txt HTTP/1.1\r\nContent-Length: 0\r\n" + host, 200},
      {"Expect", "GET /ten.txt HTTP/1.1\r\nExpect: 100-continue\r\n" + host, 200},
      {"empty Expect", "GET /ten.txt HTTP/1.1\r\nExpect:\r\n" + host, 200},
      {"Expect is a list", "GET /ten.txt HTTP/1.1\r\nExpect: 100-continue,, 100-Continue\r\n" + host, 200},
      {"Expect in two fields", "GET /ten.txt HTTP/1.1\r\nExpect: 100-continue\r\nExpect:\r\n" + host, 200},
      {"empty field", "GET /ten.txt HTTP/1.1\r\nA:\r\nRange:\r\n" + host, 200},
      {"Upgrade", "GET /ten.txt HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + host, 200},
      {"Host without port", "GET /ten.txt HTTP/1.1\r\nHost: a:\r\n\r\n", 200},
      {"Host is an address", "GET /ten.txt HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200},
      {"empty Host", "GET /ten.txt HTTP/1.1\r\nHost:\r\n\r\n", 200},
      {"absolute form with an address", "GET http://[::1]:80/ten.txt HTTP/1.1\r\n" + host, 200},
      {"empty chunked body", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + "0\r\n\r\n", 200},
      {"another one", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n" + host + "000 ;a=\"b\"\r\n\r\n", 200},
      {"tab and bytes over 127 in a field", "GET /ten.txt HTTP/1.1\r\nA: 0123456\t89\xff\x80\xfe 0123\r\n" + host, 200},
      {"options", "OPTIONS * HTTP/1.1\r\n" + host, 204},
      {"directory without slash", "GET /docs HTTP/1.1\r\n" + host, 301},
      {"linked directory without slash", "GET /dl HTTP/1.1\r\n" + host, 301},
      {"no Host", "GET /ten.txt HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET /ten.txt HTTP/1.1\r\nHost: a\r\n" + host, 400},
      {"bad Host", "GET /ten.txt HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"port that is none", "GET /ten.txt HTTP/1.1\r\nHost: a:b\r\n\r\n", 400},
      {"port of too much", "GET /ten.txt HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400},
      {"address that is none", "GET /ten.txt HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"bad port in absolute form", "GET http://b:x/ten.txt HTTP/1.1\r\n" + host, 400},
      {"bad address in absolute form", "GET http://[b]/ten.txt HTTP/1.1\r\n" + host, 400},
      {"bad Host beside absolute form", "GET http://b/ten.txt HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"LF alone", "GET /ten.txt HTTP/1.1\nHost: a\n\n", 400},
      {"space before colon", "GET /ten.txt HTTP/1.1\r\nRange : bytes=0-1\r\n" + host, 400},
      {"folded field", "GET /ten.txt HTTP/1.1\r\nA: b\r\n c\r\n" + host, 400},
      {"field without colon", "GET /ten.txt HTTP/1.1\r\nA\r\n" + host, 400},
      {"control character in field", "GET /ten.txt HTTP/1.1\r\nA: \x01\r\n" + host, 400},
      {"control character far in a long field",
       "GET /ten.txt HTTP/1.1\r\nA: 0123456789abcde\x7f"
       "f01234567\r\n" +
           host,
       400},
      {"control character at the end", "GET /ten.txt HTTP/1.1\r\nA: 0123456789abc\x1f\r\n" + host, 400},
      {"carriage return in a field", "GET /ten.txt HTTP/1.1\r\nA: 01234\r567\r\n" + host, 400},
      {"userinfo", "GET http://u@b/ten.txt HTTP/1.1\r\n" + host, 400},
      {"no authority", "GET http:///ten.txt HTTP/1.1\r\n" + host, 400},
      {"odd authority", "GET http://b<c/ten.txt HTTP/1.1\r\n" + host, 400},
      {"two spaces", "GET  /ten.txt HTTP/1.1\r\n" + host, 400},
      {"space in target", "GET /ten txt HTTP/1.1\r\n" + host, 400},
      {"no version", "GET /ten.txt\r\n" + host, 400},
      {"odd version", "GET /ten.txt HTTP/11\r\n" + host, 400},
      {"bare target", "GET ten.txt HTTP/1.1\r\n" + host, 400},
      {"fragment", "GET /ten.txt#a HTTP/1.1\r\n" + host, 400},
      {"bad encoding", "GET /%zz HTTP/1.1\r\n" + host, 400},
      {"cut encoding", "GET /a%2 HTTP/1.1\r\n" + host, 400},
      {"encoded NUL", "GET /a%00b HTTP/1.1\r\n" + host, 400},
      {"encoded dot-dot between encoded slashes", "GET /docs%2F%2e.%2ften.txt HTTP/1.1\r\n" + host, 400},
      {"dot-dot", "GET /docs/../ten.txt HTTP/1.1\r\n" + host, 400},
      {"encoded dot-dot", "GET /docs/%2e%2E/ten.txt HTTP/1.1\r\n" + host, 400},
      {"dot", "GET /./ten.txt HTTP/1.1\r\n" + host, 400},
      {"asterisk", "GET * HTTP/1.1\r\n" + host, 400},
      {"TLS", std::string("\x16\x03\x01\x02\n", 5), 400},
      {"bad Content-Length", "GET /ten.txt HTTP/1.1\r\nContent-Length: 1x\r\n" + host, 400},
      {"signed Content-Length", "GET /ten.txt HTTP/1.1\r\nContent-Length: +1\r\n" + host, 400},
      {"two Content-Lengths", "GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n" + host, 400},
      {"length and coding", "GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" + host, 400},
      {"coding in 1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + host, 400},
      {"absent", "GET /no HTTP/1.1\r\n" + host, 404},
      {"in a file", "GET /ten.txt/x HTTP/1.1\r\n" + host, 404},
      {"file as directory", "GET /ten.txt/ HTTP/1.1\r\n" + host, 404},
      {"directory without index", "GET /docs/sub/ HTTP/1.1\r\n" + host, 404},
      {"link out of the image", "GET /away HTTP/1.1\r\n" + host, 404},
      {"link to itself", "GET /loop HTTP/1.1\r\n" + host, 404},
      {"submodule", "GET /module HTTP/1.1\r\n" + host, 404},
      {"unknown id", "GET /@oid/0123456789012345678901234567890123456789 HTTP/1.1\r\n" + host, 404},
      {"short id", "GET /@oid/0123 HTTP/1.1\r\n" + host, 404},
      {"method not allowed", "POST /ten.txt HTTP/1.1\r\n" + host, 405},
      {"CONNECT", "CONNECT b:80 HTTP/1.1\r\n" + host, 405},
      {"If-Match fails", "GET /ten.txt HTTP/1.1\r\nIf-Match: \"x\"\r\n" + host, 412},
      {"If-Unmodified-Since fails",
       "GET /ten.txt HTTP/1.1\r\nIf-Unmodified-Since: Sat, 12 Sep 2020 12:26:41 GMT\r\n" + host, 412},
      {"body", "GET /ten.txt HTTP/1.1\r\nContent-Length: 3\r\n" + host + "abc", 413},
      {"chunked body", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + "3\r\nabc\r\n0\r\n\r\n", 413},
      {"chunked trailers", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + "0\r\nA: b\r\n\r\n", 413},
      {"chunk that is none", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + "x\r\n\r\n", 400},
      {"chunk with LF alone", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + "0\n\n", 400},
      {"chunk without size", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + "\r\n\r\n", 400},
      {"endless chunk line",
       "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + "0;" + std::string(600, 'a'), 400},
      {"long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + host, 414},
      {"endless target", "GET /" + std::string(40'000, 'a'), 414},
      {"range behind the end", "GET /ten.txt HTTP/1.1\r\nRange: bytes=10-\r\n" + host, 416},
      {"Expect what nobody knows", "GET /ten.txt HTTP/1.1\r\nExpect: cake\r\n" + host, 417},
      {"long field", "GET / HTTP/1.1\r\nA: " + std::string(40'000, 'a'), 431},
      {"many fields",
       [&] {
         std::string r = "GET / HTTP/1.1\r\n";
         for (int i = 0; i < 257; ++i) r += "A: b\r\n";
         return r + host;
       }(),
       431},
      {"damaged", "GET /damaged.txt HTTP/1.1\r\n" + host, 500},
      {"unknown method", "BREW / HTTP/1.1\r\n" + host, 501},
      {"another coding", "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + host, 501},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
  };
  served_site s;
  for (const status_case& c : cases) {
    const std::string response = s.exchange(c.request);
    EXPECT_EQ(status_of(response), c.status) << c.name << "\n" << response.substr(0, 300);
    EXPECT_FALSE(s.aborted) << c.name;
    if (c.status >= 400 && c.status != 404 && c.status != 412 && c.status != 416 && c.status != 500) {
      // After a bad path it is known where the next request begins.
      if (c.status != 400 || !(c.request.starts_with("GET /") || c.request.starts_with("GET *"))) {
        EXPECT_EQ(field_of(response, "Connection"), "close") << c.name;
      }
    }
  }
}

// What is wrong with the syntax comes before what is wrong with what is asked for.
TEST(Http, FaultsOfSyntaxComeFirst) {
  served_site s;
  for (const char* request : {
           "POST /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
           "POST ten.txt HTTP/1.1\r\nHost: a\r\n\r\n",
           "POST * HTTP/1.1\r\nHost: a\r\n\r\n",
           "POST /a HTTP/1.1\r\n\r\n",
           "POST /a HTTP/1.1\r\nHost: a:b\r\n\r\n",
           "POST /a HTTP/1.1\r\nHost: a\r\nB\r\n\r\n",
           "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
           "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
           "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n",
           "CONNECT b HTTP/1.1\r\nHost: a\r\n\r\n",
           "BREW /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
           "BREW /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
           "BREW /a HTTP/11\r\nHost: a\r\n\r\n",
           "GET /%zz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
           "GET /../a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
           "GET /a HTTP/1.1\r\nHost: [a\r\nContent-Length: 3\r\n\r\nabc",
           "GET /a HTTP/1.1\r\nHost: [a\r\nExpect: cake\r\n\r\n",
           "GET /%00 HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n",
           "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
       }) {
    const std::string response = s.exchange(request);
    EXPECT_EQ(status_of(response), 400) << request;
    EXPECT_EQ(field_of(response, "Connection"), "close") << request;
  }
}

// RFC 9110, section 9.3.2: what followed the head would be taken for the next response.
TEST(Http, NoAnswerToHeadHasContent) {
  served_site s;
  const std::string host = "Host: a\r\n\r\n";
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {"HEAD /" + std::string(40'000, 'a'), 414},
           {"HEAD /" + std::string(9'000, 'a') + " HTTP/1.1\r\n" + host, 414},
           {"HEAD / HTTP/1.1\r\nA: " + std::string(40'000, 'a'), 431},
           {"HEAD / HTTP/1.1\nHost: a\n\n", 400},
           {"HEAD /a b HTTP/1.1\r\n" + host, 400},
           {"HEAD / HTTP/1.1\r\n\r\n", 400},
           {"HEAD /%zz HTTP/1.1\r\n" + host, 400},
           {"HEAD / HTTP/2.0\r\n" + host, 505},
           {"HEAD /no HTTP/1.1\r\n" + host, 404},
           {"HEAD /docs HTTP/1.1\r\n" + host, 301},
           {"HEAD /ten.txt HTTP/1.1\r\nIf-Match: \"x\"\r\n" + host, 412},
           {"HEAD / HTTP/1.1\r\nContent-Length: 3\r\n" + host, 413},
           {"HEAD / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + host, 501},
           {"HEAD / HTTP/1.1\r\nExpect: cake\r\n" + host, 417},
       }) {
    const std::string response = s.exchange(request);
    EXPECT_EQ(status_of(response), status) << request.substr(0, 40);
    EXPECT_NE(field_of(response, "Content-Length"), "") << request.substr(0, 40);
    EXPECT_EQ(body_of(response), "") << request.substr(0, 40);
  }
}

TEST(Http, LongHeadsAreTaken) {
  served_site s;
  std::string fields = "Cookie: " + std::string(16 << 10, 'c') + "\r\n";
  for (int i = 0; i < 250; ++i) fields += "A" + std::to_string(i) + ": b\r\n";
  EXPECT_EQ(body_of(s.get("/ten.txt", fields)), kTen);
}

TEST(Authority, HasASyntax) {
  for (const char* good :
       {"", "a", "a.b", "a_b", "a:80", "a:", "a:065535", "1.2.3.4", "%c3%a9", "a!$&'()*+,;=b", "[::]", "[::1]:80",
        "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:1.2.3.4]", "[::ffff:1.2.3.4]", "[1::8]", "[1:2:3:4:5:6:7::]", "[v1.a:b]"})
    EXPECT_TRUE(parse_authority(good)) << good;
  for (const char* bad : {":",
                          ":80",
                          "a:b",
                          "a:80:90",
                          "a:65536",
                          "a:-1",
                          "a:99999999999999999999",
                          "u@a",
                          "a b",
                          "a/b",
                          "a?b",
                          "a\\b",
                          "a%",
                          "a%2",
                          "a%zz",
                          "[",
                          "[]",
                          "[::1",
                          "::1",
                          "[::1]x",
                          "[::1]:x",
                          "[a]",
                          "[1:2:3:4:5:6:7]",
                          "[1:2:3:4:5:6:7:8:9]",
                          "[1::2::3]",
                          "[:1]",
                          "[1:]",
                          "[12345::]",
                          "[::1.2.3]",
                          "[::1.2.3.256]",
                          "[::01.2.3.4]",
                          "[1.2.3.4]",
                          "[:::]",
                          "[v1]",
                          "[v.a]",
                          "[v1.]",
                          "[v1.a b]",
                          "[::1%25eth0]",
                          "a[b]",
                          "\xc3\xa9"})
    EXPECT_FALSE(parse_authority(bad)) << bad;
  EXPECT_EQ(parse_authority("[::1]:80")->host, "[::1]");
  EXPECT_EQ(parse_authority("a:80")->port, "80");
  for (const char* host : {"1.2.3.4", "[::1]"}) EXPECT_TRUE(is_address(host)) << host;
  for (const char* host : {"", "a", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "0x7f.1"})
    EXPECT_FALSE(is_address(host)) << host;
}

TEST(Http, NoImageIs503) {
  served_site s;
  s.machine->unmount();
  const std::string response = s.get("/ten.txt");
  EXPECT_EQ(status_of(response), 503);
  EXPECT_EQ(field_of(response, "Retry-After"), "5");
  EXPECT_EQ(status_of(s.exchange("GET /.docteur/status HTTP/1.0\r\n\r\n")), 200);
}

TEST(Http, HeadersOfAFile) {
  served_site s;
  const std::string r = s.get("/ten.txt");
  EXPECT_EQ(body_of(r), kTen);
  EXPECT_EQ(field_of(r, "ETag"), tag(s.image.ten));
  EXPECT_EQ(field_of(r, "Last-Modified"), kModified);
  EXPECT_EQ(field_of(r, "Date"), "Sun, 15 Jun 2025 15:06:40 GMT");
  EXPECT_EQ(field_of(r, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(field_of(r, "Content-Length"), "10");
  EXPECT_EQ(field_of(r, "Accept-Ranges"), "bytes");
  EXPECT_EQ(field_of(r, "Vary"), "");  // no coded form of so little
  const std::string head = s.exchange("HEAD /ten.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head, r.substr(0, r.size() - 10));
}

TEST(Http, DateAndLastModifiedWithoutOrBeforeTheClock) {
  served_site s;
  s.on.seconds = 1'500'000'000;  // before the commit
  s.machine->tick();
  EXPECT_EQ(field_of(s.get("/ten.txt"), "Last-Modified"), field_of(s.get("/ten.txt"), "Date"));
  s.on.seconds = std::nullopt;
  s.machine->tick();
  EXPECT_EQ(field_of(s.get("/ten.txt"), "Date"), "");
  EXPECT_EQ(field_of(s.get("/ten.txt"), "Last-Modified"), kModified);
}

TEST(Http, Directories) {
  served_site s;
  EXPECT_EQ(body_of(s.get("/")), "<h1>first</h1>");
  EXPECT_EQ(body_of(s.get("/docs/")), "<p>docs");
  // Relative, so that a proxy may serve all this under a prefix.
  EXPECT_EQ(field_of(s.get("/docs?a=b"), "Location"), "docs/?a=b");
  EXPECT_EQ(field_of(s.get("/docs?\xc3\xa9"), "Location"), "docs/?%C3%A9");
  EXPECT_EQ(field_of(s.get("/docs/sub"), "Location"), "sub/");
  EXPECT_EQ(field_of(s.get("//docs"), "Location"), "docs/");  // never "//docs/", which is another host
  // What a client takes for one segment is replaced as one.
  EXPECT_EQ(field_of(s.get("/docs%2Fsub"), "Location"), "docs/sub/");
  EXPECT_EQ(field_of(s.get("/docs/%2Fsub"), "Location"), "sub/");
}

TEST(Http, OwnNotFoundPage) {
  served_site s({}, true);
  const std::string r = s.get("/nothing", "Range: bytes=0-1\r\nIf-None-Match: *\r\n");
  EXPECT_EQ(status_of(r), 404);
  EXPECT_EQ(body_of(r), "<p>our own");
  EXPECT_EQ(field_of(r, "ETag"), "");
}

TEST(Http, Listing) {
  cache_options o;
  o.site.listing = true;
  served_site s(o);
  const std::string r = s.get("/docs/sub/");
  EXPECT_EQ(status_of(r), 200);
  EXPECT_EQ(field_of(r, "Transfer-Encoding"), "chunked");
  EXPECT_NE(body_of(r).find("<a href=\"./a%20b%26c.txt\">a b&amp;c.txt</a>"), std::string::npos);
  EXPECT_TRUE(body_of(r).ends_with("\r\n0\r\n\r\n"));
  const std::string old = s.exchange("GET /docs/sub/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(field_of(old, "Transfer-Encoding"), "");
  EXPECT_TRUE(body_of(old).ends_with("</ul>\n"));
}

TEST(Http, ListingThroughALink) {
  cache_options o;
  o.site.listing = true;
  image_maker m;
  site_image made;
  made.ten = m.add_blob(kTen);
  const oid deep = m.add_tree(tree_text().add("100644", "in-deep", made.ten));
  const oid folder =
      m.add_tree(tree_text().add("40000", "deep", deep).add("120000", "up", m.add_blob("../folder/deep/")));
  const oid root = m.add_tree(tree_text()
                                  .add("120000", "chain", m.add_blob("link/deep"))
                                  .add("40000", "folder", folder)
                                  .add("120000", "gone", m.add_blob("nothing"))
                                  .add("120000", "link", m.add_blob("folder"))
                                  .add("120000", "top", m.add_blob(".")));
  made.commit = m.add(object_type::commit, commit_text(root));
  made.raw = m.image(made.commit);
  served_site s(std::move(made), o);
  for (const char* path : {"/folder/", "/link/", "/top/link/"})
    EXPECT_NE(s.get(path).find("<a href=\"./deep/\">"), std::string::npos) << path;
  for (const char* path : {"/folder/deep/", "/link/deep/", "/chain/", "/folder/up/", "/link/up/"})
    EXPECT_NE(s.get(path).find("<a href=\"./in-deep\">"), std::string::npos) << path;
  EXPECT_NE(s.get("/top/").find("<a href=\"./folder/\">"), std::string::npos);
  EXPECT_NE(s.get("/link/").find("<h1>/link/</h1>"), std::string::npos);
  EXPECT_EQ(status_of(s.get("/gone/")), 404);
  EXPECT_EQ(field_of(s.get("/link"), "Location"), "link/");
}

TEST(MediaTypes, OfAPresentDaySite) {
  for (const auto& [name, type] : std::vector<std::pair<const char*, const char*>>{
           {"a.ts", "video/mp2t"},
           {"a.m4s", "video/iso.segment"},
           {"a.m3u8", "application/vnd.apple.mpegurl"},
           {"a.mpd", "application/dash+xml"},
           {"a.mp4", "video/mp4"},
           {"main.rs", "text/plain; charset=utf-8"},
           {"main.go", "text/plain; charset=utf-8"},
           {"a.yaml", "application/yaml"},
           {"a.YML", "application/yaml"},
           {"Cargo.toml", "application/toml"},
           {"app.js.map", "application/json"},
           {"a.json", "application/json"},
           {"a.mjs", "text/javascript; charset=utf-8"},
           {"a.js", "text/javascript; charset=utf-8"},
           {"a.wasm", "application/wasm"},
           {"a.avif", "image/avif"},
           {"a.webp", "image/webp"},
           {"a.jxl", "image/jxl"},
           {"a.svg", "image/svg+xml"},
           {"a.ico", "image/vnd.microsoft.icon"},
           {"a.woff2", "font/woff2"},
           {"site.webmanifest", "application/manifest+json"},
           {"README.md", "text/markdown; charset=utf-8"},
           {"a.vtt", "text/vtt"},
           {"a.css", "text/css; charset=utf-8"},
           {"a.html", "text/html; charset=utf-8"},
           {"a.xhtml", "application/xhtml+xml; charset=utf-8"},
           {"a.pdf", "application/pdf"},
           {"docs.d/README", "application/octet-stream"},
           {"a.unheard-of", "application/octet-stream"},
       })
    EXPECT_EQ(media_of(name).in_utf8, type) << name;
  EXPECT_EQ(media_of("a.html").plain, "text/html");
}

// A charset parameter overrules what the content says itself.
TEST(Http, CharsetIsThatOfTheContent) {
  const std::string far(1100, ' ');
  const std::string filler(1023, 'a');
  struct charset_case {
    const char* name;
    std::string content;
    const char* type;
  };
  const std::vector<charset_case> cases{
      {"a-plain.html", "<h1>caf\xc3\xa9</h1>", "text/html; charset=utf-8"},
      {"b-meta.html", "<!doctype html><META Charset=iso-8859-1>caf\xe9", "text/html"},
      {"c-equiv.html", "<meta name=a><meta http-equiv=content-type content='text/html; charset=koi8-r'>", "text/html"},
      {"d-utf8.html", "<meta charset=utf-8>", "text/html"},
      {"e-far.html", far + "<meta charset=utf-8>", "text/html; charset=utf-8"},
      {"f-mark.txt", "\xef\xbb\xbfx", "text/plain"},
      {"g-utf16.txt",
       std::string("\xff\xfe"
                   "a\0",
                   4),
       "text/plain"},
      {"h-latin.txt", "caf\xe9\n", "text/plain"},
      {"i-cut.txt", filler + "\xc3\xa9" + far, "text/plain; charset=utf-8"},
      {"j-not-cut.txt", filler + "\xc3" + far, "text/plain; charset=utf-8"},  // what lies behind is not looked at
      {"k-wrong.txt", "a\xc3" + far, "text/plain"},
      {"l-meta.txt", "<meta charset=koi8-r>", "text/plain; charset=utf-8"},
      {"m-said.css", "@charset \"koi8-r\";", "text/css"},
      {"n-xml.xhtml", "<?xml version='1.0' encoding='koi8-r'?>", "application/xhtml+xml"},
      {"o-xml.xhtml", "<?xml version='1.0'?>", "application/xhtml+xml; charset=utf-8"},
      {"p-empty.txt", "", "text/plain; charset=utf-8"},
      {"q-large.html", "<meta charset=koi8-r>" + prose(700'000, 9), "text/html"},
      {"r-coded.html", "<meta charset=koi8-r>" + prose(20'000, 10), "text/html"},
      {"s-data.json", "caf\xe9", "application/json"},
  };
  image_maker m;
  site_image made;
  tree_text top;
  for (const charset_case& c : cases) top.add("100644", c.name, m.add_blob(c.content));
  made.commit = m.add(object_type::commit, commit_text(m.add_tree(top)));
  made.raw = m.image(made.commit);
  for (const std::string fields : {"", "Accept-Encoding: deflate\r\n"}) {
    for (const char* first : {"HEAD", "GET"}) {
      served_site s(made, {});
      for (const charset_case& c : cases) {
        for (const std::string method : {first, "HEAD", "GET"}) {
          const std::string r = s.exchange(method + " /" + c.name + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
          EXPECT_EQ(field_of(r, "Content-Type"), c.type) << method << " " << c.name << fields;
        }
      }
    }
  }
}

TEST(Http, Deflate) {
  served_site s;
  const std::string r = s.get("/page.html", "Accept-Encoding: gzip, deflate;q=0.5\r\n");
  EXPECT_EQ(field_of(r, "Content-Encoding"), "deflate");
  EXPECT_EQ(field_of(r, "Vary"), "Accept-Encoding");
  EXPECT_EQ(field_of(r, "ETag"), tag(s.image.page, "-deflate"));
  const std::string body = body_of(r);
  std::string text(kPage.size(), '\0');
  auto inflate = inflater::make();
  const auto taken = inflate->inflate(as_bytes(body), {reinterpret_cast<std::byte*>(text.data()), text.size()}, 0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, body.size());
  EXPECT_EQ(text, kPage);
  for (const char* fields : {"", "Accept-Encoding: gzip\r\n", "Accept-Encoding: deflate;q=0\r\n",
                             "Accept-Encoding: deflate;q=0.2, identity\r\n"}) {
    const std::string plain = s.get("/page.html", fields);
    EXPECT_EQ(body_of(plain), kPage) << fields;
    EXPECT_EQ(field_of(plain, "Vary"), "Accept-Encoding");
    EXPECT_EQ(field_of(plain, "ETag"), tag(s.image.page));
  }
  // What is not what its id says is not sent in its coded form either.
  EXPECT_EQ(status_of(s.get("/damaged.txt", "Accept-Encoding: deflate\r\n")), 500);
}

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

TEST(Http, DamagedLargeFileIsNeverWhole) {
  served_site s;
  const std::string r = s.get("/damaged-large.txt");
  EXPECT_TRUE(s.aborted);
  EXPECT_LT(body_of(r).size(), std::stoul(field_of(r, "Content-Length")));
  EXPECT_EQ(s.machine->http().counts().faults, 1u);
}

// Ranges whose sizes wrap around would tell a length that the body does not have, and the rest of the body, which an
// image's author chose, would be the next response.
TEST(Http, SizesThatAnImageOnlyClaimsAreRefused) {
  const std::string evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" + noise(200'000, 8);
  site_image made;
  image_maker m;
  const std::uint64_t half = std::uint64_t{1} << 63;
  const auto claim = [&m, stream = deflated(as_bytes(evil))](const char* name, std::uint64_t size) {
    const oid id = object_id(object_type::blob, as_bytes(name));
    m.add_claim(id, size, stream, image_maker::form::deflated);
    return id;
  };
  made.ten = m.add_blob(kTen);
  const oid lie = object_id(object_type::blob, as_bytes("result"));
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
                               "Accept-Encoding: deflate\r\n"}) {
      EXPECT_EQ(status_of(s.get(path, fields)), 500) << path << fields;
      const std::string head = s.exchange("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
      EXPECT_EQ(status_of(head), 500) << path << fields;
    }
  }
  EXPECT_EQ(body_of(s.get("/ten.txt")), kTen);
}

TEST(Range, SizesAreNeverAdded) {
  using enum range_set::what;
  for (const std::uint64_t size : {std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} / 3 * 2 + 1}) {
    EXPECT_EQ(parse_range("bytes=0-,0-", size, 100).state, ignored) << size;
    EXPECT_EQ(parse_range("bytes=0-,0-,1-", size, 100).state, ignored) << size;
    EXPECT_EQ(parse_range("bytes=1-2,-2", size, 100).ranges, (std::vector<byte_range>{{1, 2}, {size - 2, 2}}));
    EXPECT_EQ(parse_range("bytes=0-", size, 100).ranges, (std::vector<byte_range>{{0, size}}));
  }
}

TEST(Range, AreBoundedByTheirWork) {
  using enum range_set::what;
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
  const std::string r =
      s.get("/page.html", "Accept-Encoding: deflate\r\nIf-None-Match: " + tag(s.image.page, "-deflate") + "\r\n");
  EXPECT_EQ(status_of(r), 304);
  EXPECT_EQ(field_of(r, "ETag"), tag(s.image.page, "-deflate"));
  EXPECT_EQ(field_of(r, "Vary"), "Accept-Encoding");
  EXPECT_EQ(body_of(r), "");
  EXPECT_EQ(status_of(s.get("/page.html", "Accept-Encoding: deflate\r\nRange: bytes=0-9\r\nIf-Range: " +
                                              tag(s.image.page, "-deflate") + "\r\n")),
            206);
}

// RFC 9110, section 14.2: preconditions are evaluated as if there were no Range; and what parts are of is the
// representation that the client has.
TEST(Http, RangesOfACodedRepresentation) {
  served_site s;
  const std::string coded = tag(s.image.page, "-deflate");
  const std::string plain = tag(s.image.page);
  const std::string accept = "Accept-Encoding: deflate\r\n";
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
           {"If-None-Match: " + plain + "\r\n", 200, coded, stream},
           {"If-None-Match: " + plain + "\r\n" + range, 206, plain, part_of_page},
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
  // The coded tag is nobody's who does not accept the coding.
  EXPECT_EQ(status_of(s.get("/page.html", "If-Match: " + coded + "\r\n" + range)), 412);
  EXPECT_EQ(body_of(s.get("/page.html", "If-Range: " + coded + "\r\n" + range)), kPage);
}

TEST(Http, ObjectsById) {
  served_site s;
  const std::string r = s.get("/@oid/" + hex(s.image.ten));
  EXPECT_EQ(body_of(r), kTen);
  EXPECT_EQ(field_of(r, "X-Git-Object-Type"), "blob");
  EXPECT_NE(field_of(r, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(field_of(r, "Last-Modified"), "");
  EXPECT_EQ(status_of(s.get("/@oid/" + hex(s.image.ten), "If-None-Match: " + tag(s.image.ten) + "\r\n")), 304);
  const std::string commit = s.get("/@oid/" + hex(s.image.commit));
  EXPECT_EQ(field_of(commit, "X-Git-Object-Type"), "commit");
  EXPECT_TRUE(body_of(commit).starts_with("tree " + hex(s.image.root)));
  EXPECT_EQ(status_of(s.get("/@oid/" + hex(s.image.damaged))), 500);
}

TEST(Http, OwnPages) {
  cache_options o;
  o.site.hosts = {"a"};
  served_site s(o);
  (void)s.get("/ten.txt");
  const std::string status = body_of(s.get("/.docteur/status"));
  EXPECT_NE(status.find("\"commit\":\"" + hex(s.image.commit) + "\""), std::string::npos);
  EXPECT_NE(status.find("\"statuses\":{\"200\":1}"), std::string::npos) << status;
  const std::string metrics = body_of(s.get("/.docteur/metrics"));
  EXPECT_NE(metrics.find("\ndocteur_responses_total{status=\"200\"} 2\n"), std::string::npos);
  EXPECT_EQ(field_of(s.get("/.docteur"), "Location"), ".docteur/");
  EXPECT_EQ(status_of(s.get("/.docteur/")), 200);
  EXPECT_EQ(status_of(s.get("/.docteur/nothing")), 404);
}

// A page of whoever owns a name may be let read what that name leads to: its owner may have it lead to this server.
TEST(Http, OwnPagesAreForOwnNamesOnly) {
  cache_options o;
  o.site.hosts = {"own.example", "a"};
  served_site s(o);
  const auto ask = [&s](const std::string& target, const std::string& host) {
    return status_of(s.exchange("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
  };
  for (const char* host : {"own.example", "OWN.example:8080", "own.example.", "a", "127.0.0.1", "127.0.0.1:80",
                           "[::1]:80", "localhost", "localhost:80", "LOCALHOST.", "b.localhost", ""})
    EXPECT_EQ(ask("/.docteur/status", host), 200) << host;
  for (const char* host : {"evil.example", "own.example.evil.example", "not-own.example", "xown.example",
                           "notlocalhost", "127.0.0.1.evil.example", "1.2.3", "2130706433", "0x7f.0.0.1", "."})
    for (const char* target :
         {"/.docteur", "/.docteur/", "/.docteur/status", "/.docteur/metrics", "/%2edocteur%2Fstatus"})
      EXPECT_EQ(ask(target, host), 421) << host << target;
  // The target's own authority is the one that counts (RFC 9112, section 3.2.2).
  EXPECT_EQ(ask("http://evil.example/.docteur/status", "a"), 421);
  EXPECT_EQ(ask("http://a/.docteur/status", "evil.example"), 200);
  EXPECT_EQ(ask("/ten.txt", "evil.example"), 200);
}

TEST(Http, WhatIsTurnedOffIsTheImages) {
  cache_options o;
  o.status = false;
  o.site.objects = false;
  served_site s(o);
  for (const char* path : {"/.docteur", "/.docteur/", "/.docteur/status", "/.docteur/metrics", "/@oid/"})
    EXPECT_EQ(status_of(s.get(path)), 404) << path;
  EXPECT_EQ(status_of(s.get("/@oid/" + hex(s.image.ten))), 404);
  EXPECT_EQ(status_of(s.get("/ten.txt")), 200);

  site_image made;
  image_maker m;
  made.ten = m.add_blob(kTen);
  const oid folder = m.add_tree(tree_text().add("100644", "status", made.ten));
  made.commit =
      m.add(object_type::commit,
            commit_text(m.add_tree(tree_text().add("40000", ".docteur", folder).add("40000", "@oid", folder))));
  made.raw = m.image(made.commit);
  served_site own(std::move(made), o);
  EXPECT_EQ(body_of(own.get("/.docteur/status")), kTen);
  EXPECT_EQ(body_of(own.get("/@oid/status")), kTen);
}

TEST(Http, StatusOnAPortOfItsOwn) {
  cache_options o;
  o.status_at = endpoint{"127.0.0.1", 9090};
  served_site s(o);
  ASSERT_EQ(s.on.listening.size(), 2u);
  const auto ask_at = [&s](std::size_t port, std::string_view target) {
    s.http = s.on.listening[port].of;
    return status_of(s.exchange("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  };
  const std::size_t site = s.on.listening[0].port == 9090 ? 1 : 0;
  EXPECT_EQ(ask_at(site, "/ten.txt"), 200);
  EXPECT_EQ(ask_at(site, "/.docteur/status"), 404);
  EXPECT_EQ(ask_at(1 - site, "/.docteur/"), 200);
  EXPECT_EQ(ask_at(1 - site, "/.docteur/status"), 200);
  for (const char* path : {"/", "/ten.txt", "/nothing"}) EXPECT_EQ(ask_at(1 - site, path), 404) << path;
  EXPECT_EQ(ask_at(1 - site, "/@oid/" + hex(s.image.ten)), 404);
  EXPECT_EQ(s.machine->http().counts().active, 0u);
}

}  // namespace
}  // namespace docteur::cache_vm
