#include "unikernel-example/platform/pvh/network_options.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unikernel-example/platform/pvh/boot_words.hpp"

namespace docteur::cache_vm::pvh {
namespace {

auto read(std::string_view line) { return read_network_options(split_words(line)); }

TEST(NetworkOptions, AreObeyed) {
  EXPECT_FALSE(read("")->address);
  EXPECT_FALSE(read("ip=dhcp listen=80")->address);
  EXPECT_EQ(read("ip=10.0.2.15")->address, 0x0a00020fu);
  EXPECT_EQ(read("ip=10.0.2.15")->prefix, 24u);
  EXPECT_EQ(read("ip=10.0.2.15/8")->prefix, 8u);
  EXPECT_EQ(read("netmask=255.255.254.0 ip=10.0.2.15")->prefix, 23u);
  EXPECT_EQ(read("ip=10.0.2.15/16 netmask=255.255.0.0")->prefix, 16u);
  EXPECT_EQ(read("gateway=10.0.2.2 ip=10.0.2.15")->gateway, 0x0a000202u);
  EXPECT_EQ(read("ip=10.0.2.14/31 gateway=10.0.2.15")->gateway, 0x0a00020fu);
  EXPECT_EQ(read("ip=10.0.2.15/32")->prefix, 32u);
  EXPECT_EQ(read("ip=10.0.2.15 ip=10.0.2.16")->address, 0x0a000210u);
}

TEST(NetworkOptions, OfIp6AreObeyed) {
  EXPECT_EQ(read("")->ip6.way, ip6_way::automatic);
  EXPECT_EQ(read("ip=dhcp")->ip6.way, ip6_way::automatic);
  EXPECT_EQ(read("ip=10.0.2.15")->ip6.way, ip6_way::off);  // what is set by hand stays so
  EXPECT_EQ(read("ip=10.0.2.15 ip6=auto")->ip6.way, ip6_way::automatic);
  EXPECT_EQ(read("ip6=off")->ip6.way, ip6_way::off);
  EXPECT_EQ(read("ip6=off ip6=auto")->ip6.way, ip6_way::automatic);
  const auto fixed = read("ip6=2001:db8::2/120 gateway6=2001:db8::1")->ip6;
  EXPECT_EQ(fixed.way, ip6_way::fixed);
  EXPECT_EQ(fixed.address, *parse_ip6("2001:db8::2"));
  EXPECT_EQ(fixed.prefix, 120u);
  EXPECT_EQ(fixed.gateway, *parse_ip6("2001:db8::1"));
  EXPECT_EQ(read("ip6=2001:db8::2")->ip6.prefix, 64u);
  EXPECT_FALSE(read("ip6=2001:db8::2")->ip6.gateway);
  EXPECT_EQ(read("gateway6=fe80::1 ip6=fd00::2/128")->ip6.gateway, *parse_ip6("fe80::1"));
  EXPECT_EQ(read("ip6=2001:db8::/127")->ip6.prefix, 127u);
}

TEST(NetworkOptions, ANameIsALabel) {
  EXPECT_EQ(read("")->name, "");
  EXPECT_EQ(read("name=site")->name, "site");
  EXPECT_FALSE(read("name=site")->mdns);
  EXPECT_TRUE(read("mdns=on name=site")->mdns);
  EXPECT_FALSE(read("mdns=on mdns=off")->mdns);
  EXPECT_EQ(read("name=3com")->name, "3com");
  EXPECT_EQ(read("name=Web-1 ip=10.0.2.15")->name, "Web-1");
  EXPECT_EQ(read("name=" + std::string(63, 'a'))->name.size(), 63u);
}

struct refused_line {
  const char* line;
  const char* word;  // with which the message begins
};
constexpr refused_line kRefused[] = {
    {"ip=10.0.2.256", "ip="},
    {"ip=", "ip="},
    {"ip=10.0.2.255", "ip="},
    {"ip=10.0.2.0", "ip="},
    {"ip=127.0.0.1", "ip="},
    {"ip=224.0.0.1", "ip="},
    {"ip=0.1.2.3", "ip="},
    {"ip=10.0.2.15 netmask=255.0.255.0", "netmask="},
    {"ip=10.0.2.15 netmask=24", "netmask="},
    {"ip=10.0.2.15 netmask=0.0.0.0", "netmask="},
    {"ip=10.0.2.15/24 netmask=255.255.0.0", "netmask="},
    {"netmask=255.255.255.0", "netmask="},
    {"ip=dhcp netmask=255.255.255.0", "netmask="},
    {"gateway=10.0.2.2", "gateway="},
    {"ip=10.0.2.15 gateway=10.0.3.2", "gateway="},
    {"ip=10.0.2.15 gateway=10.0.2.15", "gateway="},
    {"ip=10.0.2.15 gateway=10.0.2.255", "gateway="},
    {"ip=10.0.2.15 gateway=10.0.2.2/24", "gateway="},
    {"ip=10.0.2.15/32 gateway=10.0.2.2", "gateway="},
    {"ip=10.0.2.15 mac=52:54:00:12:34:56", "mac="},
    {"ip=10.0.2.15 dns=10.0.2.3", "dns="},
    {"ip6=", "ip6="},
    {"ip6=on", "ip6="},
    {"ip6=10.0.2.15", "ip6="},
    {"ip6=2001:db8::2/", "ip6="},
    {"ip6=2001:db8::2/63", "ip6="},
    {"ip6=2001:db8::2/129", "ip6="},
    {"ip6=2001:db8::2/+64", "ip6="},
    {"ip6=2001:db8::2/64/64", "ip6="},
    {"ip6=2001:db8::/64", "ip6="},
    {"ip6=::1", "ip6="},
    {"ip6=::ffff:10.0.2.15", "ip6="},
    {"ip6=fe80::2", "ip6="},
    {"ip6=ff02::2", "ip6="},
    {"gateway6=fe80::1", "gateway6="},
    {"ip6=auto gateway6=fe80::1", "gateway6="},
    {"ip6=off gateway6=fe80::1", "gateway6="},
    {"ip6=2001:db8::2 gateway6=2001:db8::2", "gateway6="},
    {"ip6=2001:db8::2 gateway6=2001:db8:0:1::1", "gateway6="},
    {"ip6=2001:db8::2 gateway6=2001:db8::1/64", "gateway6="},
    {"ip6=2001:db8::2 gateway6=10.0.2.2", "gateway6="},
    {"ip6=2001:db8::2 gateway6=", "gateway6="},
    {"name=", "name="},
    {"mdns=on", "mdns="},
    {"mdns=1 name=site", "mdns="},
    {"mdns= name=site", "mdns="},
    {"name=-a", "name="},
    {"name=a-", "name="},
    {"name=a.b", "name="},
    {"name=a_b", "name="},
    {"name=a\xc3\xa4", "name="},
    {"name=1234", "name="},
    {"name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "name="},
};

TEST(NetworkOptions, AreRefusedByName) {
  for (const auto& [line, word] : kRefused) {
    const auto got = read(line);
    ASSERT_FALSE(got) << line;
    EXPECT_TRUE(got.error().starts_with(word)) << line << ": " << got.error();
  }
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
