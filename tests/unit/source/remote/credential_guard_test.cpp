#include "source/remote/credential_guard.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

TEST(CredentialGuard, OnePlaceManyWaysToWriteIt) {
  const endpoint plain{false, "example.org", "80"};
  for (const char* const url :
       {"http://example.org/x", "http://EXAMPLE.org:80/x", "http://example.org:/x",
        "http://example.org:0080/x?y=http://other:1/", "http://e%78ample.org", "http://example.org#x"})
    EXPECT_EQ(endpoint_of(url), plain) << url;
  EXPECT_EQ(endpoint_of("https://example.org/x"), (endpoint{true, "example.org", "443"}));
  EXPECT_EQ(endpoint_of("http://[::1]:8080/x"), (endpoint{false, "::1", "8080"}));
  EXPECT_EQ(endpoint_of("https://[FE80::1]/x"), (endpoint{true, "fe80::1", "443"}));
}

TEST(CredentialGuard, OtherPlaces) {
  const endpoint home = endpoint_of("http://example.org/x");
  for (const char* const url : {"https://example.org/x", "http://example.org:81/x", "http://www.example.org/x",
                                "http://example.org./x", "https://example.org:80/x"})
    EXPECT_NE(endpoint_of(url), home) << url;
}

}  // namespace
}  // namespace docteur
