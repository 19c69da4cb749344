// Answers in parts (multipart/byteranges).
#include "remote/multipart_body.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace docteur;

namespace {

constexpr std::uint64_t kSize = 100;

std::string part(std::string_view range, std::string_view content, std::string_view more = "") {
  return "\r\n--b\r\nContent-Type: x/y\r\n" + std::string(more) + "Content-Range: bytes " + std::string(range) +
         "\r\n\r\n" + std::string(content);
}

const std::vector<byte_range> kAsked{{0, 3}, {10, 2}, {20, 4}};
const std::string kGood =
    part("0-2/100", "abc") + part("10-11/100", "\r\n") + part("20-23/100", "--b\n") + "\r\n--b--\r\n";

// Takes `body` in pieces of `each` bytes. Returns what came as "at:content ", and why it was refused.
std::string taken(std::string_view body, std::size_t each, bool* complete = nullptr,
                  const std::vector<byte_range>& asked = kAsked) {
  multipart_body m("b", asked, kSize);
  std::string out;
  std::uint64_t end = 0;
  const auto to = [&](std::uint64_t at, bytes piece) {
    if (out.empty() || at != end) out += "|" + std::to_string(at) + ":";
    out += as_text(piece);
    end = at + piece.size();
    return true;
  };
  for (; !body.empty(); body.remove_prefix(std::min(each, body.size()))) {
    if (m.take(as_bytes(body.substr(0, each)), to)) continue;
    EXPECT_NE(m.why(), nullptr);
    return out + "!" + m.why();
  }
  if (complete != nullptr) *complete = m.is_complete();
  return out;
}

bool is_refused(std::string_view body, const std::vector<byte_range>& asked = kAsked) {
  return taken(body, 1000, nullptr, asked).find('!') != std::string::npos;
}

}  // namespace

TEST(MultipartBody, Boundaries) {
  EXPECT_EQ(multipart_boundary("multipart/byteranges; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/ByteRanges; charset=x; BOUNDARY=\"a b\""), "a b");
  for (const char* none : {"text/html", "multipart/byteranges", "multipart/byteranges; boundary=",
                           "multipart/mixed; boundary=b", "multipart/byteranges boundary=b", ""})
    EXPECT_FALSE(multipart_boundary(none)) << none;
  EXPECT_FALSE(multipart_boundary("multipart/byteranges; boundary=" + std::string(71, 'x')));
}

TEST(MultipartBody, PiecesOfAnySize) {
  for (std::size_t each = 1; each <= kGood.size(); ++each) {
    bool complete = false;
    ASSERT_EQ(taken(kGood, each, &complete), "|0:abc|10:\r\n|20:--b\n") << each;
    ASSERT_TRUE(complete);
  }
}

TEST(MultipartBody, EveryPrefixIsIncomplete) {
  const std::size_t whole = kGood.size() - std::string_view("\r\n--b--\r\n").size();
  for (std::size_t n = 0; n < kGood.size(); ++n) {
    bool complete = false;
    (void)taken(std::string_view(kGood).substr(0, n), 7, &complete);
    ASSERT_EQ(complete, n >= whole) << n;
  }
}

TEST(MultipartBody, NeighboursMayBeMadeOne) {
  bool complete = false;
  EXPECT_EQ(taken(part("0-11/100", "abc1234567de") + part("20-23/100", "wxyz"), 5, &complete),
            "|0:abc1234567de|20:wxyz");
  EXPECT_TRUE(complete);
}

TEST(MultipartBody, OtherPartsAreRefused) {
  EXPECT_TRUE(is_refused(part("0-3/100", "abcd")));
  EXPECT_TRUE(is_refused(part("1-2/100", "bc")));
  EXPECT_TRUE(is_refused(part("10-11/100", "de")));
  EXPECT_TRUE(is_refused(part("0-2/101", "abc"))) << "of a file of another size";
  EXPECT_TRUE(is_refused(part("0-2/*", "abc")));
  EXPECT_TRUE(is_refused(part("x", "abc")));
  EXPECT_TRUE(is_refused("\r\n--b\r\nContent-Type: x\r\n\r\nabc")) << "no place";
  EXPECT_TRUE(is_refused(part("0-2/100", "abc", "Content-Range: bytes 0-2/100\r\n")));
  EXPECT_TRUE(is_refused(part("0-2/100", "abc") + part("0-2/100", "abc")));
  EXPECT_TRUE(is_refused(part("0-2/100", "abc") + part("0-2/100", "abc"), {{0, 3}}));
  EXPECT_TRUE(is_refused(std::string(5000, 'x')));
  EXPECT_TRUE(is_refused(part("0-2/100", "abc", std::string(5000, 'x') + "\r\n")));
}
