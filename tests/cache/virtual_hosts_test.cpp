// Several sites, each for its hosts.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "unikernel-example/application/virtual_hosts.hpp"

namespace docteur::cache_vm {
namespace {

TEST(VirtualHosts, ANameCountsBeforeTheLongestWildcard) {
  virtual_hosts hosts;
  EXPECT_TRUE(hosts.add("*.example.org", 1));
  EXPECT_TRUE(hosts.add("*.docs.example.org", 2));
  EXPECT_TRUE(hosts.add("a.docs.example.org", 3));
  EXPECT_TRUE(hosts.add("*.org", 4));
  EXPECT_FALSE(hosts.add("*.EXAMPLE.org.", 4)) << "has a site";
  EXPECT_TRUE(hosts.add("*.example.org", 1));
  EXPECT_EQ(hosts.find("www.example.org"), 1u);
  EXPECT_EQ(hosts.find("WWW.Example.ORG."), 1u);
  EXPECT_EQ(hosts.find("docs.example.org"), 1u);
  EXPECT_EQ(hosts.find("b.docs.example.org"), 2u);
  EXPECT_EQ(hosts.find("a.b.docs.example.org"), 2u);
  EXPECT_EQ(hosts.find("a.docs.example.org"), 3u);
  EXPECT_EQ(hosts.find("example.org"), 4u) << "*.NAME is not NAME";
  EXPECT_EQ(hosts.find("badexample.org"), 4u);
  for (const std::string_view other : {"", "org", ".org.example", "192.0.2.1", "[2001:db8::1]", "localhost"})
    EXPECT_EQ(hosts.find(other), 0u) << other;
}

outcome<cache_options> parse(std::vector<std::string_view> words) { return parse_words(words); }

TEST(VirtualHosts, OptionsNameSites) {
  const auto o = parse({"site=a.example,*.b.example=1", "site=c.example=2", "site=d.example.=1"});
  ASSERT_TRUE(o);
  ASSERT_EQ(o->sites.size(), 2u);
  EXPECT_EQ(o->sites[0].disk, "1");
  EXPECT_EQ(o->sites[0].hosts, (std::vector<std::string>{"a.example", "*.b.example", "d.example"}));
  EXPECT_EQ(o->sites[1].disk, "2");
  for (const std::string_view bad :
       {"site", "site=", "site=a", "site==1", "site=a=", "site=a=none", "site=a:80=1", "site=a b=1", "site=,=1"})
    EXPECT_FALSE(parse({bad})) << bad;
  const auto twice = parse({"site=a.example=1", "site=A.example=2"});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message, "site: A.example is named for two disks (see help)");
}

class two_sites {
 public:
  explicit two_sites(std::string first_disk = "0", std::size_t loops = 1) {
    on.total_memory = 64 << 20;
    on.number_of_loops = loops;
    on.all_disks = {{"0", memory_device(zero.raw)}, {"1", memory_device(one.raw)}};
    cache_options o;
    o.disk = std::move(first_disk);
    o.sites = {{{"one.example", "*.one.example"}, "1"}};
    machine.emplace(on, std::move(o));
    mounted = static_cast<bool>(machine->mount_all());
  }
  std::string get(std::string_view host, std::string_view target = "/", std::size_t loop = 0) {
    fake_connection c;
    c.arriving = "GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
    c.ended = true;
    machine->http(loop).opened(c);
    machine->http(loop).ready(c);
    return c.sent;
  }

  site_image zero = make_site("zero"), one = make_site("one");
  fake_platform on;
  std::optional<cache_machine> machine;
  bool mounted = false;
};

TEST(Sites, EachHostHasItsImage) {
  two_sites s("", 2);
  ASSERT_TRUE(s.mounted);
  for (std::size_t loop = 0; loop < 2; ++loop) {
    EXPECT_EQ(body_of(s.get("zero.example", "/", loop)), "zero");
    EXPECT_EQ(body_of(s.get("one.example:8080", "/", loop)), "one");
    EXPECT_EQ(body_of(s.get("a.ONE.example.", "/", loop)), "one");
    // The host of the absolute form counts (RFC 9112, section 3.2.2).
    EXPECT_EQ(body_of(s.get("zero.example", "http://one.example/", loop)), "one");
    EXPECT_EQ(body_of(s.get("one.example", "http://zero.example/", loop)), "zero");
  }
  EXPECT_EQ(status_of(s.get("one.example", "/@oid/" + std::string(to_hex(s.zero.commit).data(), 40))), 404);
  EXPECT_EQ(status_of(s.get("one.example", "/@oid/" + std::string(to_hex(s.one.commit).data(), 40))), 200);
  // Names of sites are this server's.
  EXPECT_EQ(status_of(s.get("a.one.example", "/.docteur/status")), 200);
  EXPECT_EQ(status_of(s.get("zero.example", "/.docteur/status")), 421);
  const std::string status = s.get("one.example", "/.docteur/status");
  EXPECT_NE(status.find("\"sites\":[{\"hosts\":[\"one.example\",\"*.one.example\"],\"image\":{\"disk\":\"1\""),
            std::string::npos)
      << status;
  EXPECT_NE(s.get("one.example", "/.docteur/metrics").find(",disk=\"1\",site=\"1\"} 1\n"), std::string::npos);
}

TEST(Sites, TheFirstDiskMayHaveNames) {
  two_sites s("1");
  ASSERT_TRUE(s.mounted);
  EXPECT_EQ(s.machine->sites().size(), 1u);
  EXPECT_EQ(body_of(s.get("one.example")), "one");
  EXPECT_EQ(body_of(s.get("zero.example")), "one");
}

TEST(Sites, WithoutADiskForOthersTheyAreMisdirected) {
  two_sites s("none");
  ASSERT_TRUE(s.mounted);
  EXPECT_EQ(body_of(s.get("one.example")), "one");
  EXPECT_EQ(status_of(s.get("zero.example")), 421);
  s.machine->unmount();
  EXPECT_EQ(status_of(s.get("one.example")), 503);
}

TEST(Sites, AFaultyDiskLeavesTheOthers) {
  two_sites s;
  const site_image next = make_site("next");
  const buffer nothing(4096);
  std::string said;
  const auto keep = [&said](outcome<void> served) { said = served ? "mounted" : served.error().message; };
  s.on.all_disks = {{"0", memory_device(nothing)}, {"1", memory_device(next.raw)}};
  s.machine->remount_aside(keep);
  EXPECT_EQ(body_of(s.get("zero.example")), "zero");
  EXPECT_EQ(body_of(s.get("one.example")), "next");
  EXPECT_TRUE(said.starts_with("disk 0: ") && said.ends_with("; what was mounted before is still served")) << said;
  s.on.all_disks = {{"0", memory_device(next.raw)}};
  s.machine->remount_aside(keep);
  EXPECT_EQ(body_of(s.get("zero.example")), "next");
  EXPECT_EQ(said, "no disk 1; what was mounted before is still served");
  s.machine->unmount();
  s.on.all_disks.clear();
  s.machine->remount_aside(keep);
  EXPECT_EQ(said, "no disk 0; nothing is served; no disk 1; nothing is served");
}

// Clients that read slowly keep an image of their own site from being forgotten, and of no other.
TEST(Sites, OldImagesOfOneSiteAreCutOff) {
  two_sites s;
  std::vector<std::unique_ptr<fake_connection>> slow;
  const auto begin = [&](std::string_view host) {
    auto& c = *slow.emplace_back(std::make_unique<fake_connection>());
    c.window = 1000;
    c.arriving = "GET /large.txt HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
    s.machine->http().opened(c);
    s.machine->http().ready(c);
  };
  begin("one.example");
  for (std::size_t i = 0; i <= http_server::kOldImages; ++i) {
    begin("zero.example");
    ASSERT_TRUE(s.machine->mount("0"));
  }
  for (std::uint64_t passed = 0; passed <= http_server::kOldSeconds; ++passed) {
    s.on.now_ns += 1'000'000'000;
    for (auto& c : slow) {
      if (c->is_over()) continue;
      c->drain(1000);
      s.machine->http().ready(*c);
    }
    s.machine->tick(0);
  }
  EXPECT_FALSE(slow[0]->aborted);
  EXPECT_TRUE(slow[1]->aborted);
  EXPECT_FALSE(slow[2]->aborted);
}

}  // namespace
}  // namespace docteur::cache_vm
