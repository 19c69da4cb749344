// Valid requests, and requests that are refused.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "unikernel-example/application/http_authority.hpp"

namespace docteur::cache_vm {
namespace {

struct status_case {
  const char* name;
  std::string request;
  int status;
};

std::string fields(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += "A: b\r\n";
  return all;
}

const std::string kHost = "Host: a\r\n\r\n";
const std::vector<status_case> kStatusCases{
    {"file", "GET /ten.txt HTTP/1.1\r\n" + kHost, 200},
    {"1.0 without Host", "GET /ten.txt HTTP/1.0\r\n\r\n", 200},
    {"a later 1.x", "GET /ten.txt HTTP/1.9\r\n" + kHost, 200},
    {"absolute form", "GET http://b:80/ten.txt HTTP/1.1\r\n" + kHost, 200},
    {"empty line in front", "\r\nGET /ten.txt HTTP/1.1\r\n" + kHost, 200},
    {"link", "GET /link HTTP/1.1\r\n" + kHost, 200},
    {"through a linked directory", "GET /dl/index.html HTTP/1.1\r\n" + kHost, 200},
    {"query", "GET /ten.txt?x=1 HTTP/1.1\r\n" + kHost, 200},
    {"encoded", "GET /docs/sub/a%20b%26c.txt HTTP/1.1\r\n" + kHost, 200},
    {"encoded slash", "GET /docs%2Findex.html HTTP/1.1\r\n" + kHost, 200},
    {"encoded slash at the end", "GET /docs%2f HTTP/1.1\r\n" + kHost, 200},
    {"raw UTF-8", "GET /\xc3\xa9.txt HTTP/1.1\r\n" + kHost, 200},
    {"bytes that are no UTF-8", "GET /\xe9.txt HTTP/1.1\r\n" + kHost, 404},
    {"empty segments", "GET //docs///index.html HTTP/1.1\r\n" + kHost, 200},
    {"Content-Length 0", "GET /ten.txt HTTP/1.1\r\nContent-Length: 0\r\n" + kHost, 200},
    {"Expect", "GET /ten.txt HTTP/1.1\r\nExpect: 100-continue\r\n" + kHost, 200},
    {"empty Expect", "GET /ten.txt HTTP/1.1\r\nExpect:\r\n" + kHost, 200},
    {"Expect is a list", "GET /ten.txt HTTP/1.1\r\nExpect: 100-continue,, 100-Continue\r\n" + kHost, 200},
    {"Expect in two fields", "GET /ten.txt HTTP/1.1\r\nExpect: 100-continue\r\nExpect:\r\n" + kHost, 200},
    {"empty field", "GET /ten.txt HTTP/1.1\r\nA:\r\nRange:\r\n" + kHost, 200},
    {"Upgrade", "GET /ten.txt HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + kHost, 200},
    {"Host without port", "GET /ten.txt HTTP/1.1\r\nHost: a:\r\n\r\n", 200},
    {"Host is an address", "GET /ten.txt HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200},
    {"empty Host", "GET /ten.txt HTTP/1.1\r\nHost:\r\n\r\n", 200},
    {"absolute form with an address", "GET http://[::1]:80/ten.txt HTTP/1.1\r\n" + kHost, 200},
    {"empty chunked body", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "0\r\n\r\n", 200},
    {"another one", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n" + kHost + "000 ;a=\"b\"\r\n\r\n", 200},
    {"tab and bytes over 127 in a field", "GET /ten.txt HTTP/1.1\r\nA: 0123456\t89\xff\x80\xfe 0123\r\n" + kHost, 200},
    {"options", "OPTIONS * HTTP/1.1\r\n" + kHost, 204},
    {"directory without slash", "GET /docs HTTP/1.1\r\n" + kHost, 301},
    {"linked directory without slash", "GET /dl HTTP/1.1\r\n" + kHost, 301},
    {"no Host", "GET /ten.txt HTTP/1.1\r\n\r\n", 400},
    {"two Hosts", "GET /ten.txt HTTP/1.1\r\nHost: a\r\n" + kHost, 400},
    {"bad Host", "GET /ten.txt HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"port that is none", "GET /ten.txt HTTP/1.1\r\nHost: a:b\r\n\r\n", 400},
    {"port of too much", "GET /ten.txt HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400},
    {"address that is none", "GET /ten.txt HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
    {"bad port in absolute form", "GET http://b:x/ten.txt HTTP/1.1\r\n" + kHost, 400},
    {"bad address in absolute form", "GET http://[b]/ten.txt HTTP/1.1\r\n" + kHost, 400},
    {"bad Host beside absolute form", "GET http://b/ten.txt HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"LF alone", "GET /ten.txt HTTP/1.1\nHost: a\n\n", 400},
    {"space before colon", "GET /ten.txt HTTP/1.1\r\nRange : bytes=0-1\r\n" + kHost, 400},
    {"folded field", "GET /ten.txt HTTP/1.1\r\nA: b\r\n c\r\n" + kHost, 400},
    {"field without colon", "GET /ten.txt HTTP/1.1\r\nA\r\n" + kHost, 400},
    {"control character in field", "GET /ten.txt HTTP/1.1\r\nA: \x01\r\n" + kHost, 400},
    {"control character far in a long field",
     "GET /ten.txt HTTP/1.1\r\nA: 0123456789abcde\x7f"
     "f01234567\r\n" +
         kHost,
     400},
    {"control character at the end", "GET /ten.txt HTTP/1.1\r\nA: 0123456789abc\x1f\r\n" + kHost, 400},
    {"carriage return in a field", "GET /ten.txt HTTP/1.1\r\nA: 01234\r567\r\n" + kHost, 400},
    {"userinfo", "GET http://u@b/ten.txt HTTP/1.1\r\n" + kHost, 400},
    {"no authority", "GET http:///ten.txt HTTP/1.1\r\n" + kHost, 400},
    {"odd authority", "GET http://b<c/ten.txt HTTP/1.1\r\n" + kHost, 400},
    {"two spaces", "GET  /ten.txt HTTP/1.1\r\n" + kHost, 400},
    {"space in target", "GET /ten txt HTTP/1.1\r\n" + kHost, 400},
    {"no version", "GET /ten.txt\r\n" + kHost, 400},
    {"odd version", "GET /ten.txt HTTP/11\r\n" + kHost, 400},
    {"bare target", "GET ten.txt HTTP/1.1\r\n" + kHost, 400},
    {"fragment", "GET /ten.txt#a HTTP/1.1\r\n" + kHost, 400},
    {"bad encoding", "GET /%zz HTTP/1.1\r\n" + kHost, 400},
    {"cut encoding", "GET /a%2 HTTP/1.1\r\n" + kHost, 400},
    {"encoded NUL", "GET /a%00b HTTP/1.1\r\n" + kHost, 400},
    {"encoded dot-dot between encoded slashes", "GET /docs%2F%2e.%2ften.txt HTTP/1.1\r\n" + kHost, 400},
    {"encoded dot-dot beside an encoded slash", "GET /docs/..%2Ften.txt HTTP/1.1\r\n" + kHost, 400},
    {"dot-dot out of the root", "GET /docs/../../ten.txt HTTP/1.1\r\n" + kHost, 400},
    {"dot-dot at the root", "GET /.. HTTP/1.1\r\n" + kHost, 400},
    {"dot-dot", "GET /docs/../ten.txt HTTP/1.1\r\n" + kHost, 200},
    {"encoded dot-dot", "GET /docs/%2e%2E/ten.txt HTTP/1.1\r\n" + kHost, 200},
    {"dot", "GET /./ten.txt HTTP/1.1\r\n" + kHost, 200},
    {"asterisk", "GET * HTTP/1.1\r\n" + kHost, 400},
    {"TLS", std::string("\x16\x03\x01\x02\n", 5), 400},
    {"bad Content-Length", "GET /ten.txt HTTP/1.1\r\nContent-Length: 1x\r\n" + kHost, 400},
    {"signed Content-Length", "GET /ten.txt HTTP/1.1\r\nContent-Length: +1\r\n" + kHost, 400},
    {"two Content-Lengths", "GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n" + kHost, 400},
    {"length and coding", "GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" + kHost, 400},
    {"coding in 1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + kHost, 400},
    {"absent", "GET /no HTTP/1.1\r\n" + kHost, 404},
    {"in a file", "GET /ten.txt/x HTTP/1.1\r\n" + kHost, 404},
    {"file as directory", "GET /ten.txt/ HTTP/1.1\r\n" + kHost, 404},
    {"directory without index", "GET /docs/sub/ HTTP/1.1\r\n" + kHost, 404},
    {"link out of the image", "GET /away HTTP/1.1\r\n" + kHost, 404},
    {"link to itself", "GET /loop HTTP/1.1\r\n" + kHost, 404},
    {"submodule", "GET /module HTTP/1.1\r\n" + kHost, 404},
    {"unknown id", "GET /@oid/0123456789012345678901234567890123456789 HTTP/1.1\r\n" + kHost, 404},
    {"short id", "GET /@oid/0123 HTTP/1.1\r\n" + kHost, 404},
    {"method not allowed", "POST /ten.txt HTTP/1.1\r\n" + kHost, 405},
    {"CONNECT", "CONNECT b:80 HTTP/1.1\r\n" + kHost, 405},
    {"If-Match fails", "GET /ten.txt HTTP/1.1\r\nIf-Match: \"x\"\r\n" + kHost, 412},
    {"If-Unmodified-Since fails",
     "GET /ten.txt HTTP/1.1\r\nIf-Unmodified-Since: Sat, 12 Sep 2020 12:26:41 GMT\r\n" + kHost, 412},
    {"body", "GET /ten.txt HTTP/1.1\r\nContent-Length: 3\r\n" + kHost + "abc", 413},
    {"chunked body", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "3\r\nabc\r\n0\r\n\r\n", 413},
    {"chunked body that waits for an answer",
     "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n" + kHost, 413},
    {"chunked trailers", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "0\r\nA: b\r\n\r\n", 413},
    {"chunk that is none", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "x\r\n\r\n", 400},
    {"chunk with LF alone", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "0\n\n", 400},
    {"chunk without size", "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "\r\n\r\n", 400},
    {"endless chunk line",
     "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "0;" + std::string(600, 'a'), 400},
    {"chunk line that is too long",
     "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "0;" + std::string(600, 'a') + "\r\n\r\n",
     400},
    {"long chunk line",
     "GET /ten.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + kHost + "0;" + std::string(253, 'a') + "\r\n\r\n",
     200},
    {"long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + kHost, 414},
    {"endless target", "GET /" + std::string(40'000, 'a'), 414},
    {"target longer than a head", "GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\n" + kHost, 414},
    {"range behind the end", "GET /ten.txt HTTP/1.1\r\nRange: bytes=10-\r\n" + kHost, 416},
    {"Expect what nobody knows", "GET /ten.txt HTTP/1.1\r\nExpect: cake\r\n" + kHost, 417},
    {"long field", "GET / HTTP/1.1\r\nA: " + std::string(40'000, 'a'), 431},
    {"many fields", "GET / HTTP/1.1\r\n" + fields(257) + kHost, 431},
    {"damaged", "GET /damaged.txt HTTP/1.1\r\n" + kHost, 500},
    {"unknown method", "BREW / HTTP/1.1\r\n" + kHost, 501},
    {"another coding", "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + kHost, 501},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
};

TEST(Http, Statuses) {
  served_site s;
  for (const status_case& c : kStatusCases) {
    const std::string response = s.exchange(c.request);
    EXPECT_EQ(status_of(response), c.status) << c.name << "\n" << response.substr(0, 300);
    EXPECT_FALSE(s.aborted) << c.name;
    if (c.status >= 400 && c.status != 404 && c.status != 412 && c.status != 416 && c.status != 500) {
      // After a bad path the start of the next request is known.
      if (c.status != 400 || !(c.request.starts_with("GET /") || c.request.starts_with("GET *"))) {
        EXPECT_EQ(field_of(response, "Connection"), "close") << c.name;
      }
    }
  }
}

// Syntax errors take precedence over all others.
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

// RFC 9110, section 9.3.2: content behind the head would be taken for the next response.
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

}  // namespace
}  // namespace docteur::cache_vm
