#include "remote/auth_challenge.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

TEST(Challenges, OfRegistries) {
  const auto found = parse_challenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].scheme, "bearer");
  EXPECT_EQ(found[0].parameters.at("realm"), "https://auth.docker.io/token");
  EXPECT_EQ(found[0].parameters.at("scope"), "repository:a/b:pull,push");
  EXPECT_EQ(found[0].parameters.size(), 3u);
}

TEST(Challenges, SeveralInOneField) {
  const auto found = parse_challenges(R"(Negotiate, BASIC Realm = "a \"b\", c" , bearer realm=x,error="y")");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].scheme, "negotiate");
  EXPECT_EQ(found[1].scheme, "basic");
  EXPECT_EQ(found[1].parameters.at("realm"), R"(a "b", c)");
  EXPECT_EQ(found[2].parameters.at("error"), "y");
}

TEST(Challenges, Broken) {
  for (const char* text : {"", ",", "=", "=x", "\"", "realm=x", ",,,", "\x01", "a=\"b"})
    EXPECT_TRUE(parse_challenges(text).empty()) << text;
  for (const char* text : {"Bearer realm=", "Bearer realm=\"x", "Bearer realm=\"x\\", "Bearer realm=\"x\\\"",
                           "Bearer \"x\"", "Bearer realm=\"a\nb\"", "Bearer realm=\"\\"}) {
    const auto found = parse_challenges(text);
    ASSERT_EQ(found.size(), 1u) << text;
    EXPECT_TRUE(found[0].parameters.empty()) << text;
  }
  EXPECT_TRUE(parse_challenges("Bearer realm=" + std::string(20'000, 'x')).empty());
}

}  // namespace
}  // namespace docteur
