#include "unikernel-example/platform/pvh/mdns_message.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "unikernel-example/platform/pvh/dns_name.hpp"

namespace docteur::cache_vm::pvh {
namespace {

const std::array<ip6_address, 1> kIp6{*parse_ip6("fe80::2")};
const mdns_facts kFacts{"site", 80, 0x0a00020f, kIp6};
constexpr unsigned kA = 1, kPtr = 12, kTxt = 16, kAaaa = 28, kSrv = 33, kAny = 255, kIn = 1, kAlone = 0x8001;

// A message in the making; each value a byte.
struct maker {
  std::string all = std::string(12, '\0');
  maker& add16(unsigned v) {
    all += static_cast<char>(v >> 8);
    all += static_cast<char>(v);
    return *this;
  }
  maker& set(std::size_t field, unsigned v) {
    all[2 * field] = static_cast<char>(v >> 8);
    all[2 * field + 1] = static_cast<char>(v);
    return *this;
  }
  maker& name(std::string_view dotted) {
    const dns_name n(dotted);
    for (const std::byte b : n.wire()) all += static_cast<char>(b);
    return *this;
  }
  maker& ask(std::string_view n, unsigned type, unsigned klass = kIn) {
    set(2, static_cast<unsigned char>(all[5]) + 1u);
    return name(n).add16(type).add16(klass);
  }
  maker& tell(std::string_view n, unsigned type, unsigned life, std::string_view data) {
    set(3, static_cast<unsigned char>(all[7]) + 1u);
    name(n).add16(type).add16(kIn).add16(0).add16(life).add16(static_cast<unsigned>(data.size()));
    all += data;
    return *this;
  }
  [[nodiscard]] bytes view() const { return std::as_bytes(std::span(all)); }
};

std::string wire(std::string_view dotted) {
  maker m;
  return m.name(dotted).all.substr(12);
}

mdns_answer answer(const maker& query, bool is_legacy = false, unsigned may_say = mdns_all) {
  return answer_mdns(query.view(), kFacts, is_legacy, may_say);
}

bool has(const mdns_answer& a, std::string_view part) {
  const std::string text(reinterpret_cast<const char*>(a.message.data()), a.message.size());
  return text.find(part) != std::string::npos;
}

constexpr std::string_view kAddress4("\x00\x04\x0a\x00\x02\x0f", 6);

TEST(MdnsMessage, EachQuestionHasItsRecords) {
  EXPECT_EQ(answer(maker().ask("site.local", kA)).records, mdns_host);
  EXPECT_EQ(answer(maker().ask("SITE.Local", kAaaa)).records, mdns_host);
  EXPECT_EQ(answer(maker().ask("site._http._tcp.local", kSrv)).records, mdns_srv);
  EXPECT_EQ(answer(maker().ask("site._http._tcp.local", kTxt)).records, mdns_txt);
  EXPECT_EQ(answer(maker().ask("site._http._tcp.local", kAny)).records, unsigned{mdns_srv | mdns_txt});
  EXPECT_EQ(answer(maker().ask("_http._tcp.local", kPtr)).records, mdns_site);
  EXPECT_EQ(answer(maker().ask("_services._dns-sd._udp.local", kPtr)).records, mdns_kind);
  EXPECT_EQ(answer(maker().ask("site.local", kA).ask("_http._tcp.local", kPtr)).records,
            unsigned{mdns_host | mdns_site});
  for (const char* other : {"sites.local", "site", "local", "site.local.local", "", "_http.local"})
    EXPECT_TRUE(answer(maker().ask(other, kAny)).message.empty()) << other;
  EXPECT_TRUE(answer(maker().ask("site.local", kTxt)).message.empty());
  EXPECT_TRUE(answer(maker().ask("site.local", kA, 3)).message.empty()) << "class";
}

TEST(MdnsMessage, AnAnswerSaysWhatIsAskedNext) {
  const mdns_answer a = answer(maker().ask("_http._tcp.local", kPtr));
  EXPECT_TRUE(has(a, wire("site._http._tcp.local")));
  EXPECT_TRUE(has(a, kAddress4));
  EXPECT_TRUE(has(a, std::string("\0\0\0\0\0\x50", 6) + wire("site.local"))) << "SRV: priority, weight, port, host";
  EXPECT_EQ(a.message[2], std::byte{0x84});
  EXPECT_EQ(a.message[7], std::byte{1});
  EXPECT_EQ(a.message[11], std::byte{4}) << "SRV, TXT, A, AAAA";
}

TEST(MdnsMessage, TheAbsenceOfAnAddressIsSaid) {
  const mdns_facts four{"site", 80, 0x0a00020f, {}};
  const auto a = answer_mdns(maker().ask("site.local", kAaaa).view(), four, false, mdns_all);
  EXPECT_TRUE(has(a, wire("site.local") + std::string("\0\x04\x40\0\0\0", 6)));
  const mdns_facts none{"site", 80, {}, {}};
  EXPECT_TRUE(has(answer_mdns(maker().ask("site.local", kA).view(), none, false, mdns_all),
                  wire("site.local") + std::string("\0\x04\0\0\0\0", 6)));
}

TEST(MdnsMessage, WhatTheSenderKnowsIsLeftOut) {
  const auto knows = [](unsigned life) {
    return maker().ask("_http._tcp.local", kPtr).tell("_http._tcp.local", kPtr, life, wire("site._http._tcp.local"));
  };
  EXPECT_TRUE(answer(knows(2250)).message.empty());
  EXPECT_EQ(answer(knows(2249)).records, mdns_site) << "less than half of its life is left";
  const std::string_view four("\x0a\x00\x02\x0f", 4);
  const std::string six(reinterpret_cast<const char*>(kIp6[0].data()), 16);
  EXPECT_EQ(answer(maker().ask("site.local", kA).tell("site.local", kA, 120, four)).records, mdns_host) << "not all";
  EXPECT_TRUE(
      answer(maker().ask("site.local", kA).tell("site.local", kA, 120, four).tell("site.local", kAaaa, 120, six))
          .message.empty());
}

TEST(MdnsMessage, EverybodyHearsItOnceASecond) {
  EXPECT_TRUE(answer(maker().ask("site.local", kA), false, mdns_all & ~mdns_host).message.empty());
  const mdns_answer alone = answer(maker().ask("site.local", kA, kAlone), false, 0);
  EXPECT_TRUE(alone.to_sender);
  EXPECT_EQ(alone.records, mdns_host);
  EXPECT_FALSE(answer(maker().ask("site.local", kA, kAlone).ask("_http._tcp.local", kPtr)).to_sender);
}

TEST(MdnsMessage, OrdinaryDnsIsAnsweredAsSuch) {
  const mdns_answer a = answer(maker().set(0, 0x1234).ask("site.local", kA), true, 0);
  EXPECT_TRUE(a.to_sender);
  EXPECT_EQ(a.message[0], std::byte{0x12});
  EXPECT_EQ(a.message[5], std::byte{1}) << "the question is repeated";
  EXPECT_TRUE(has(a, wire("site.local") + std::string("\0\1\0\1\0\0\0\x0a", 8) + std::string(kAddress4))) << "10 s";
}

TEST(MdnsMessage, OnlyQueriesAreAnswered) {
  EXPECT_TRUE(answer(maker().set(1, 0x8400).ask("site.local", kA)).message.empty()) << "a response";
  EXPECT_TRUE(answer(maker().set(1, 0x0800).ask("site.local", kA)).message.empty()) << "another operation";
  EXPECT_TRUE(answer(maker().ask("site.local", kA).set(2, 2)).message.empty()) << "a question is missing";
  EXPECT_TRUE(answer(maker().ask("site.local", kA).set(2, 65)).message.empty());
  const maker whole = maker().ask("site.local", kA);
  for (std::size_t n = 0; n < whole.all.size(); ++n)
    EXPECT_TRUE(answer_mdns(whole.view().first(n), kFacts, false, mdns_all).message.empty()) << n;
}

TEST(MdnsMessage, ContradictionsAreSeen) {
  const auto response = [] { return maker().set(1, 0x8400); };
  EXPECT_TRUE(contradicts(response().tell("site.local", kA, 120, "\x0a\x0a\x0a\x0a").view(), kFacts));
  EXPECT_FALSE(contradicts(response().tell("site.local", kA, 120, {"\x0a\x00\x02\x0f", 4}).view(), kFacts));
  EXPECT_FALSE(contradicts(response().tell("other.local", kA, 120, "\x0a\x0a\x0a\x0a").view(), kFacts));
  EXPECT_FALSE(contradicts(maker().tell("site.local", kA, 120, "\x0a\x0a\x0a\x0a").view(), kFacts)) << "a query";
  const auto srv = [&](const char* host) {
    return response().tell("site._http._tcp.local", kSrv, 120, std::string("\0\0\0\0\0\x50", 6) + wire(host));
  };
  EXPECT_TRUE(contradicts(srv("other.local").view(), kFacts));
  EXPECT_FALSE(contradicts(srv("site.local").view(), kFacts));
  // What this machine says itself, and may hear again.
  EXPECT_FALSE(contradicts(mdns_announcement(kFacts), kFacts));
  EXPECT_FALSE(contradicts(mdns_probe(kFacts), kFacts));
}

TEST(DnsName, PointersLeadBack) {
  const auto read = [](std::string_view text, std::size_t at) {
    const auto n = read_dns_name(std::as_bytes(std::span(text)), at);
    return n ? std::optional(std::pair(*n, at)) : std::nullopt;
  };
  using namespace std::string_view_literals;
  const auto both = "\4site\5local\0\4host\xc0\5"sv;
  EXPECT_EQ(read(both, 0), std::pair(dns_name("site.local"), std::size_t{12}));
  EXPECT_EQ(read(both, 12), std::pair(dns_name("host.local"), std::size_t{19}));
  EXPECT_FALSE(read("\xc0\0"sv, 0)) << "to itself";
  EXPECT_FALSE(read("\xc0\2\xc0\0"sv, 0)) << "forward";
  EXPECT_FALSE(read("\1a\xc0\0"sv, 0)) << "into the same name";
  EXPECT_FALSE(read("\1a\xc0\0\xc0\1"sv, 4)) << "in a circle";
  EXPECT_FALSE(read("\xc0"sv, 0));
  EXPECT_FALSE(read("\5site"sv, 0));
  EXPECT_FALSE(read("\4site"sv, 0)) << "without an end";
  EXPECT_FALSE(read("\x40\0"sv, 0)) << "another kind of label";
  std::string longest;
  for (int i = 0; i < 3; ++i) longest += '\x3f' + std::string(63, 'a');
  EXPECT_TRUE(read(longest + '\x3d' + std::string(61, 'a') + '\0', 0)) << "255 bytes";
  EXPECT_FALSE(read(longest + '\x3e' + std::string(62, 'a') + '\0', 0));
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
