#include "remote/registry_name.hpp"

#include <gtest/gtest.h>

#include "host/image_digests.hpp"

namespace docteur {
namespace {

const std::string kHex(64, 'a');
const std::string kDigest = "sha256:" + kHex;

registry_name of(const std::string& text) { return parse_registry_name(text).value(); }

std::string url_of(const std::string& text, const http_options& options = {}) {
  return registry_address(of(text), "x", options).value().url;
}

TEST(RegistryName, Parts) {
  const auto a = of("oci://registry.example.org:5000/team/site:v1.2_x");
  EXPECT_EQ(a.registry, "registry.example.org:5000");
  EXPECT_EQ(a.repository, "team/site");
  EXPECT_EQ(a.tag, "v1.2_x");
  EXPECT_FALSE(a.digest);
  EXPECT_EQ(a.reference(), "v1.2_x");
  EXPECT_EQ(of("oci://host/a").reference(), "latest");
  EXPECT_EQ(of("OCI://host/a").shown, "oci://host/a:latest");
  const auto b = of("oci://host/a@" + kDigest);
  EXPECT_EQ(b.reference(), kDigest);
  EXPECT_EQ(b.tag, "");
  EXPECT_EQ(b.shown, "oci://host/a@" + kDigest);
  EXPECT_EQ(of("oci://host/a:v1@" + kDigest).reference(), kDigest);
  EXPECT_EQ(of("oci://docker.io/site").repository, "library/site");
  for (const char* good : {"a/b/c", "a.b", "a_b", "a__b", "a--b", "a---b", "1", "a-b.c_d"})
    EXPECT_TRUE(parse_registry_name(std::string("oci://host/") + good)) << good;
}

TEST(RegistryName, Refused) {
  for (const char* bad :
       {"",       "/",   "/a",    "a/", "a//b", "A",     "a_",    "-a", "a..b",      "a___b",       "a.-b", "a b",
        "a/../b", "a?b", "a%2fb", "a:", "a:-x", "a:x/y", "a:x:y", "a@", "a@sha256:", "a@sha512:00", "a@x",  "a\n"}) {
    const auto parsed = parse_registry_name(std::string("oci://host/") + bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().who, blame::usage);
  }
  for (const char* bad : {"oci://", "oci:///a", "oci://host", "oci://host:/a", "oci://host:123456/a", "oci://ho st/a",
                          "oci://[::1/a", "oci://host:a/a", "http://host/a", "oci:host/a"})
    EXPECT_FALSE(parse_registry_name(bad)) << bad;
  EXPECT_FALSE(parse_registry_name("oci://host/" + std::string(256, 'a')));
  EXPECT_FALSE(parse_registry_name("oci://host/a:" + std::string(129, 'a')));
  EXPECT_FALSE(parse_registry_name("oci://host/a@sha256:" + std::string(64, 'A')));
  const auto secret = parse_registry_name("oci://jane:s3cr3t@host/a");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().message.find("s3cr3t"), std::string::npos);
}

TEST(RegistryName, Addresses) {
  EXPECT_EQ(url_of("oci://host/a"), "https://host/v2/a/x");
  EXPECT_EQ(url_of("oci://docker.io/a"), "https://registry-1.docker.io/v2/library/a/x");
  for (const char* here : {"localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:5000", "[::1]:5000"})
    EXPECT_TRUE(url_of("oci://" + std::string(here) + "/a").starts_with("http://")) << here;
  for (const char* there : {"localhost.example", "127.example.org", "127.0.0.1.example", "10.0.0.1", "[::2]"})
    EXPECT_TRUE(url_of("oci://" + std::string(there) + "/a").starts_with("https://")) << there;
  http_options options;
  options.ca_file = "x";
  EXPECT_EQ(url_of("oci://localhost/a", options), "https://localhost/v2/a/x");
  options.plain_http = true;
  EXPECT_EQ(url_of("oci://host/a", options), "http://host/v2/a/x");
  EXPECT_EQ(registry_address(of("oci://host/a:v1"), "x", {}).value().shown, "oci://host/a:v1");
}

}  // namespace
}  // namespace docteur
