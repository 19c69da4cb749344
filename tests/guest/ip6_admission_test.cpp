#include "unikernel-example/platform/pvh/ip6_admission.hpp"

#include <gtest/gtest.h>

#include <array>

#include "guest/ip6_packets.hpp"
#include "unikernel-example/platform/pvh/too_big_message.hpp"

namespace docteur::cache_vm::pvh {
namespace {

using enum ip6_verdict;

const std::array<ip6_address, 1> kUsed{*parse_ip6("fe80::2")};
const std::vector<unsigned> kSource{1, 1, 2, 0, 0, 0, 0, 1};  // the option of the sender's link-layer address
const std::vector<unsigned> kTarget{2, 1, 2, 0, 0, 0, 0, 1};

ip6_verdict judge(const packet_maker& p, bool hears_routers = true) {
  return judge_ip6(p.make(), kUsed, hears_routers);
}

packet_maker advertisement_of_router(std::vector<unsigned> options = {}) {
  packet_maker p{.destination = "ff02::1", .body = {134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0}};
  p.body.insert(p.body.end(), options.begin(), options.end());
  return p;
}

TEST(Ip6Admission, WhatAClientSendsIsAdmitted) {
  EXPECT_EQ(judge({.next_header = 6, .hop_limit = 3, .body = std::vector<unsigned>(20)}), admitted);
  EXPECT_EQ(judge({.next_header = 17, .body = std::vector<unsigned>(8)}), admitted);
  EXPECT_EQ(judge({.source = "2001:db8::1", .hop_limit = 3, .body = {128, 0, 0, 0, 0, 0, 0, 0}}), admitted);
  EXPECT_EQ(judge({.source = "2001:db8::1", .hop_limit = 3, .body = {2, 0, 0, 0, 0, 0, 5, 0}}), too_big);
}

TEST(Ip6Admission, HeadersThatNoClientNeedsAreRefused) {
  for (const unsigned next : {0u, 43u, 44u, 50u, 51u, 59u, 60u, 132u, 135u, 255u})
    EXPECT_EQ(judge({.next_header = next, .body = {6, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}), refused) << next;
  for (const unsigned type : {0u, 1u, 3u, 4u, 129u, 130u, 131u, 132u, 133u, 137u, 138u, 255u})
    EXPECT_EQ(judge({.hop_limit = 255, .body = {type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}), refused) << type;
}

TEST(Ip6Admission, LengthsAreChecked) {
  std::vector<std::byte> p = packet_maker{.next_header = 6, .body = std::vector<unsigned>(20)}.make();
  for (std::size_t n = 0; n < p.size(); ++n) EXPECT_EQ(judge_ip6(bytes(p).first(n), kUsed, true), refused) << n;
  p.resize(p.size() + 6);  // padding of a short frame
  EXPECT_EQ(judge_ip6(p, kUsed, true), admitted);
  p[0] = std::byte{0x40};
  EXPECT_EQ(judge_ip6(p, kUsed, true), refused);
}

TEST(Ip6Admission, RoutersAreOnTheLink) {
  EXPECT_EQ(judge(advertisement_of_router()), admitted);
  EXPECT_EQ(judge(advertisement_of_router(kSource)), admitted);
  EXPECT_EQ(judge(advertisement_of_router(), false), refused) << "a fixed address";
  packet_maker p = advertisement_of_router();
  p.hop_limit = 254;
  EXPECT_EQ(judge(p), refused);
  p = advertisement_of_router();
  p.source = "2001:db8::1";
  EXPECT_EQ(judge(p), refused);
  p = advertisement_of_router();
  p.body[1] = 1;
  EXPECT_EQ(judge(p), refused) << "code";
  p = advertisement_of_router();
  p.body.pop_back();
  EXPECT_EQ(judge(p), refused) << "too short";
}

TEST(Ip6Admission, OptionsHaveALength) {
  EXPECT_EQ(judge(advertisement_of_router({3, 0, 0, 0, 0, 0, 0, 0})), refused);
  EXPECT_EQ(judge(advertisement_of_router({3, 4, 64, 0, 0, 0, 0, 0})), refused);
  EXPECT_EQ(judge(advertisement_of_router({3})), refused);
  EXPECT_EQ(judge(advertisement_of_router({1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})), refused);
  EXPECT_EQ(judge(advertisement_of_router({99, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})), admitted) << "unknown";
}

TEST(Ip6Admission, SolicitationsSayWhereTheSenderIs) {
  const auto body = [](std::vector<unsigned> options) { return about_neighbor(135, "fe80::2", 0, std::move(options)); };
  EXPECT_EQ(judge({.body = body(kSource)}), admitted);
  EXPECT_EQ(judge({.body = body({})}), refused);
  EXPECT_EQ(judge({.body = body(kTarget)}), refused) << "lwIP would take it for the sender's";
  EXPECT_EQ(judge({.body = body({14, 1, 0, 0, 0, 0, 0, 0})}), refused) << "so would it a nonce";
  EXPECT_EQ(judge({.hop_limit = 64, .body = body(kSource)}), refused);
  EXPECT_EQ(judge({.body = about_neighbor(135, "ff02::1", 0, kSource)}), refused);
  // The detection of duplicates.
  EXPECT_EQ(judge({.source = "::", .destination = "ff02::1:ff00:2", .body = body({})}), admitted);
  EXPECT_EQ(judge({.source = "::", .destination = "ff02::1:ff00:2", .body = body({14, 1, 0, 0, 0, 0, 0, 0})}),
            admitted);
  EXPECT_EQ(judge({.source = "::", .destination = "ff02::1:ff00:2", .body = body(kSource)}), refused);
  EXPECT_EQ(judge({.source = "::", .destination = "fe80::2", .body = body({})}), refused);
}

TEST(Ip6Admission, UsedAddressesCannotBeClaimed) {
  constexpr unsigned kRouter = 0x80, kSolicited = 0x40, kOverride = 0x20;
  const auto claims = [](std::string_view target, unsigned flags) {
    return about_neighbor(136, target, flags, kTarget);
  };
  EXPECT_EQ(judge({.body = claims("fe80::1", kRouter | kSolicited | kOverride)}), admitted);
  EXPECT_EQ(judge({.destination = "ff02::1", .body = claims("fe80::3", kOverride)}), admitted);
  EXPECT_EQ(judge({.destination = "ff02::1", .body = claims("fe80::2", kOverride)}), refused);
  EXPECT_EQ(judge({.destination = "ff02::1", .body = claims("fe80::3", kSolicited)}), refused);
  EXPECT_EQ(judge({.body = about_neighbor(136, "fe80::1", kSolicited)}), admitted);
  EXPECT_EQ(judge({.body = about_neighbor(136, "fe80::1", kSolicited, kSource)}), refused);
  EXPECT_EQ(judge({.hop_limit = 1, .body = claims("fe80::1", kSolicited)}), refused);
}

// What a Linux router sent in guest.ipv6_narrow_path, but for the length of what it quotes.
std::vector<std::byte> quoting(unsigned mtu) {
  packet_maker p{
      .source = "2001:db8:18::1", .destination = "2001:db8:18::2", .hop_limit = 64, .body = {2, 0, 0, 0, 0, 0}};
  for (const unsigned b : {mtu >> 8, mtu & 0xff}) p.body.push_back(b);
  packet_maker quoted{
      .source = "2001:db8:18::2", .destination = "2001:db8:19::2", .next_header = 6, .hop_limit = 63, .body = {}};
  quoted.body = {0, 80, 0x12, 0x34, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0};
  for (const std::byte b : quoted.make()) p.body.push_back(std::to_integer<unsigned>(b));
  std::vector<unsigned> sum{0, 0, 0, static_cast<unsigned>(p.body.size()), 0, 0, 0, 58};
  for (const std::string_view text : {p.source, p.destination}) {
    const ip6_address address = *parse_ip6(text);
    sum.insert(sum.end(), address.begin(), address.end());
  }
  sum.insert(sum.end(), p.body.begin(), p.body.end());
  unsigned total = 0;
  for (std::size_t i = 0; i < sum.size(); i += 2) total += sum[i] << 8 | sum[i + 1];
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
  p.body[2] = ~total >> 8 & 0xff;
  p.body[3] = ~total & 0xff;
  return p.make();
}

TEST(TooBigMessage, IsRead) {
  const std::vector<std::byte> packet = quoting(1300);
  EXPECT_EQ(judge_ip6(packet, kUsed, false), ip6_verdict::too_big);
  const auto m = read_too_big(packet);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->mtu, 1300);
  EXPECT_EQ(m->from, *parse_ip6("2001:db8:18::2"));
  EXPECT_EQ(m->to, *parse_ip6("2001:db8:19::2"));
  EXPECT_EQ(m->from_port, 80);
  EXPECT_EQ(m->to_port, 0x1234);
  EXPECT_EQ(m->sequence, 0x01020304u);
}

TEST(TooBigMessage, IsRefused) {
  EXPECT_TRUE(read_too_big(quoting(1280)));
  EXPECT_FALSE(read_too_big(quoting(1279))) << "each link passes 1,280 bytes";
  EXPECT_FALSE(read_too_big(quoting(0)));
  const std::vector<std::byte> packet = quoting(1300);
  for (std::size_t n = 0; n < packet.size(); ++n) EXPECT_FALSE(read_too_big(bytes(packet).first(n))) << n;
  for (std::size_t i = 8; i < packet.size(); ++i) {  // the hop limit before that is not in the checksum
    std::vector<std::byte> damaged = packet;
    damaged[i] ^= std::byte{1};
    EXPECT_FALSE(read_too_big(damaged)) << i;
  }
}

TEST(Ip6Admission, ListenersAreAskedByRoutersOfTheLink) {
  std::vector<unsigned> body{58, 0, 5, 2, 0, 0, 1, 0, 130};
  body.resize(8 + 24);
  const packet_maker p{.destination = "ff02::1", .next_header = 0, .hop_limit = 1, .body = body};
  EXPECT_EQ(judge(p), admitted);
  packet_maker other = p;
  other.hop_limit = 2;
  EXPECT_EQ(judge(other), refused);
  other = p;
  other.source = "2001:db8::1";
  EXPECT_EQ(judge(other), refused);
  other = p;
  other.body[8] = 134;
  EXPECT_EQ(judge(other), refused) << "a router behind an extension header";
  other = p;
  other.body[0] = 6;
  EXPECT_EQ(judge(other), refused);
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
