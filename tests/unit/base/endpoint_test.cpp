#include "base/endpoint.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

TEST(Endpoint, IsWrittenInManyWays) {
  const endpoint secret{true, "example.org", "443"};
  for (const char* const url : {"https://example.org/x", "HTTPS://Example.ORG:443/", "https://example.org:0443?q",
                                "https://ex%61mple.org:", "https://example.org#f"})
    EXPECT_EQ(endpoint_of(url), secret) << url;
  for (const char* const url : {"http://example.org/x", "https://example.org:444/", "https://example.org.:443/",
                                "https://www.example.org/", "http://example.org:443/"})
    EXPECT_NE(endpoint_of(url), secret) << url;
}

TEST(Endpoint, OfAddresses) {
  EXPECT_EQ(endpoint_of("http://[::1]:8080/a:b"), (endpoint{false, "::1", "8080"}));
  EXPECT_EQ(endpoint_of("http://[FE80::1]/"), (endpoint{false, "fe80::1", "80"}));
  EXPECT_EQ(endpoint_of("http://127.0.0.1:1"), make_endpoint(false, "127.0.0.1", "00001"));
}

}  // namespace
}  // namespace docteur
