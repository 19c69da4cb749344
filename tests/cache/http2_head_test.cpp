#include "unikernel-example/platform/linux/http2_head.hpp"

#include <gtest/gtest.h>

namespace docteur::cache_vm::on_linux {
namespace {

using field_list = std::vector<std::pair<std::string, std::string>>;

std::string text_of(const field_list& fields, bool has_content = false) {
  request_fields all;
  for (const auto& [name, value] : fields)
    if (!all.add(name, value)) return "refused: " + name;
  return all.text(has_content).value_or("incomplete");
}
field_list get(const field_list& more = {}) {
  field_list all{{":method", "GET"}, {":scheme", "http"}, {":path", "/a?b"}, {":authority", "a:1"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(Http2Head, RequestsBecomeText) {
  EXPECT_EQ(text_of(get({{"accept", " x \t"}, {"empty", ""}})),
            "GET /a?b HTTP/2.0\r\nhost: a:1\r\naccept: x\r\nempty: \r\n\r\n");
  // The authority counts, not a field Host beside it (RFC 9113, section 8.3.1).
  EXPECT_EQ(text_of(get({{"host", "b"}})), "GET /a?b HTTP/2.0\r\nhost: a:1\r\n\r\n");
  EXPECT_EQ(text_of({{":method", "GET"}, {":path", "/"}, {"host", "b"}}), "GET / HTTP/2.0\r\nhost: b\r\n\r\n");
  EXPECT_EQ(text_of({{":method", "GET"}, {":path", "/"}}), "GET / HTTP/2.0\r\n\r\n");
  EXPECT_EQ(text_of({{":method", "CONNECT"}, {":authority", "a:1"}}), "CONNECT a:1 HTTP/2.0\r\nhost: a:1\r\n\r\n");
  // Content of unknown length is chunked.
  EXPECT_EQ(text_of({{":method", "POST"}, {":path", "/"}}, true),
            "POST / HTTP/2.0\r\ntransfer-encoding: chunked\r\n\r\n");
  EXPECT_EQ(text_of({{":method", "POST"}, {":path", "/"}, {"content-length", "7"}}, true),
            "POST / HTTP/2.0\r\ncontent-length: 7\r\n\r\n");
}

TEST(Http2Head, MalformedRequestsAreRefused) {
  const std::string nul(1, '\0');
  for (const auto& [name, value] : field_list{{":method", "POST"},
                                              {":path", "/"},
                                              {":authority", "b"},
                                              {":status", "200"},
                                              {"connection", "close"},
                                              {"transfer-encoding", "chunked"},
                                              {"upgrade", "h2c"},
                                              {"keep-alive", "1"},
                                              {"proxy-connection", "close"},
                                              {"Upper", "x"},
                                              {"a b", "x"},
                                              {"a:b", "x"},
                                              {"", "x"},
                                              {"x", "a\r\nb: c"},
                                              {"x", "a\nb"},
                                              {"x", nul},
                                              {"x\r", "a"},
                                              {"host", ""},
                                              {"host", "a b"}})
    EXPECT_EQ(text_of(get({{name, value}})), "refused: " + name) << value;
  EXPECT_EQ(text_of(get({{"host", "b"}, {"host", "b"}})), "refused: host");
  for (const std::string& target :
       {std::string("/a b"), std::string("/\r\n"), std::string("/\x7f").substr(0, 1) + "\t", nul})
    EXPECT_EQ(text_of({{":method", "GET"}, {":path", target}}), "refused: :path") << target;
  EXPECT_EQ(text_of({{":method", "GET"}, {":authority", "a"}}), "incomplete");
  EXPECT_EQ(text_of({{":path", "/"}}), "incomplete");
  // All together are bounded.
  EXPECT_EQ(text_of(get({{"a", std::string(40'000, 'x')}, {"b", std::string(40'000, 'x')}})), "refused: b");
}

TEST(Http2Head, ResponsesAreSplit) {
  std::string text =
      "HTTP/1.1 206 Partial Content\r\nServer: docteur-cache\r\nConnection: close\r\nETag: \"A:b\"\r\nX-Empty:\r\n"
      "Keep-Alive: timeout=5\r\n\r\n";
  EXPECT_EQ(response_head_size(text + "body"), text.size());
  EXPECT_EQ(response_head_size(text.substr(0, text.size() - 1)), 0u);
  const response_head head = parse_response_head(text);
  EXPECT_EQ(head.status, "206");
  std::string all;
  for (const response_field& f : head.fields) all.append(f.name).append("=").append(f.value).append(";");
  EXPECT_EQ(all, "server=docteur-cache;etag=\"A:b\";x-empty=;");
}

}  // namespace
}  // namespace docteur::cache_vm::on_linux
