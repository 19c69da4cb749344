// IPv6 addresses as text, beside the C library.
#include "unikernel-example/platform/pvh/ip6_address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace docteur::cache_vm::pvh {
namespace {

std::string text_of_system(const ip6_address& a) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, a.data(), text, sizeof text);
}

TEST(Ip6Address, IsWhatTheSystemReads) {
  for (const char* text : {"::",
                           "::1",
                           "1::",
                           "fe80::1",
                           "2001:db8::2:1",
                           "1:2:3:4:5:6:7:8",
                           "1:2:3:4:5:6:7::",
                           "::2:3:4:5:6:7:8",
                           "2001:DB8:0:0:1::1",
                           "::ffff:192.0.2.1",
                           "64:ff9b::192.0.2.33",
                           "1:2:3:4:5:6:192.0.2.1",
                           "0001::00ff",
                           "",
                           ":",
                           ":::",
                           "1",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1::2::3",
                           ":1::2",
                           "1::2:",
                           "1:2:3:4:5:6:7:8::",
                           "12345::",
                           "g::",
                           "::1%en0",
                           " ::1",
                           "::1 ",
                           "-1::",
                           "0x1::",
                           "1:2:3:4:5:6:7:192.0.2.1",
                           "::192.0.2",
                           "::192.0.2.256",
                           "192.0.2.1::",
                           "192.0.2.1",
                           "::192.0.2.1:1",
                           "[::1]",
                           "::1/64"}) {
    ip6_address wanted{};
    const bool is_address = inet_pton(AF_INET6, text, wanted.data()) == 1;
    const auto got = parse_ip6(text);
    ASSERT_EQ(got.has_value(), is_address) << text;
    EXPECT_EQ(got.value_or(ip6_address{}), is_address ? wanted : ip6_address{}) << text;
  }
}

TEST(Ip6Address, IsWrittenAsTheSystemDoes) {
  std::mt19937 dice(6);
  for (int i = 0; i < 20'000; ++i) {
    ip6_address a{};
    for (std::size_t group = 0; group < 8; ++group) {
      const unsigned v = dice() % 3 == 0 ? dice() % 0x10000 : dice() % 4 == 0 ? dice() % 0x100 : 0;
      a[2 * group] = static_cast<std::uint8_t>(v >> 8);
      a[2 * group + 1] = static_cast<std::uint8_t>(v);
    }
    if (same_prefix(a, {}, 80)) a[0] = 0x20;  // the system writes IPv4 addresses there
    ASSERT_EQ(ip6_text(a), text_of_system(a));
    ASSERT_EQ(parse_ip6(ip6_text(a)), a);
  }
  EXPECT_EQ(ip6_text({}), "::");
  EXPECT_EQ(ip6_text(*parse_ip6("2001:db8:0:1:1:1:1:1")), "2001:db8:0:1:1:1:1:1");  // RFC 5952, 4.2.2
  EXPECT_EQ(ip6_text(*parse_ip6("2001:0:0:1:0:0:0:1")), "2001:0:0:1::1");           // 4.2.3
}

TEST(Ip6Address, HasAPrefix) {
  const auto a = *parse_ip6("2001:db8::8000:1");
  const auto b = *parse_ip6("2001:db8::c000:1");
  EXPECT_TRUE(same_prefix(a, b, 97));
  EXPECT_FALSE(same_prefix(a, b, 98));
  EXPECT_TRUE(same_prefix(a, a, 128));
  EXPECT_TRUE(same_prefix(a, {}, 0));
  EXPECT_TRUE(is_link_local(*parse_ip6("febf::1")));
  EXPECT_FALSE(is_link_local(*parse_ip6("fec0::1")));
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
