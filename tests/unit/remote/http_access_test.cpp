#include "remote/http_access.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/scratch.hpp"

namespace docteur {
namespace {

remote_address at(const char* url) { return parse_http_url(url).value(); }

TEST(HttpUrl, Names) {
  EXPECT_TRUE(is_http_url("http://a/b"));
  EXPECT_TRUE(is_http_url("HTTPS://a/b"));
  for (const char* name : {"a", "http:/a", "ftp://a/b", "httpx://a/b", "./http://a/b", "file:///a"})
    EXPECT_FALSE(is_http_url(name)) << name;
}

TEST(HttpUrl, SecretsAreNotShown) {
  const auto a = at("https://jane:s3cret@host:8443/a/b.img?sig=s3cret#s3cret");
  EXPECT_EQ(a.shown, "https://host:8443/a/b.img");
  EXPECT_EQ(a.url, "https://host:8443/a/b.img?sig=s3cret");
  EXPECT_EQ(a.user, "jane");
  EXPECT_EQ(a.password, "s3cret");
  for (const char* url : {"http://jane:s3cret@/x", "http://jane:s3cret@ho%0ast/x", "http://jane:s3cret@host"}) {
    const auto bad = parse_http_url(url);
    ASSERT_FALSE(bad) << url;
    EXPECT_EQ(bad.error().message.find("s3cret"), std::string::npos) << bad.error().message;
    EXPECT_EQ(bad.error().who, blame::usage);
  }
}

TEST(HttpUrl, Origins) {
  EXPECT_TRUE(is_same_origin(at("https://host/a"), at("HTTPS://HOST:443/b")));
  EXPECT_TRUE(is_same_origin(at("http://host:/a"), at("http://host:80/b")));
  EXPECT_TRUE(is_same_origin(at("http://[::1]:8080/a"), at("http://[::1]:8080/b")));
  EXPECT_FALSE(is_same_origin(at("http://[::1]/a"), at("http://[::1]:8080/b")));
  EXPECT_FALSE(is_same_origin(at("http://host/a"), at("https://host/a")));
  EXPECT_FALSE(is_same_origin(at("https://host/a"), at("https://host:444/a")));
  EXPECT_FALSE(is_same_origin(at("https://host/a"), at("https://hosts/a")));
}

TEST(Redirect, KeepsThePasswordAtHome) {
  const auto origin = at("https://jane:pw@host/a");
  const auto home = redirected(origin, origin, "https://host/b");
  ASSERT_TRUE(home);
  EXPECT_EQ(home->password, "pw");
  for (const char* to : {"https://host:444/b", "https://other/b", "https://eve:eve@other/b"}) {
    const auto away = redirected(origin, origin, to);
    ASSERT_TRUE(away) << to;
    EXPECT_TRUE(away->user.empty()) << to;
    EXPECT_FALSE(away->password) << to;
  }
  for (const char* to : {"http://host/b", "ftp://host/b", "file:///etc/passwd", "", "https://-host/b"})
    EXPECT_FALSE(redirected(origin, origin, to)) << to;
}

TEST(Token, OneLine) {
  const scratch folder;
  const std::string file = (folder / "token").string();
  const auto with = [&](const std::string& content) {
    std::ofstream(file, std::ios::binary) << content;
    return read_token(file);
  };
  EXPECT_EQ(with("abc.DEF-1\r\nmore\n"), "abc.DEF-1");
  for (const std::string& content : {std::string(), std::string("\n"), std::string("a b"), std::string(20000, 'a')}) {
    const auto token = with(content);
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().message.find("a b"), std::string::npos);
  }
  EXPECT_FALSE(read_token((folder / "none").string()));
}

}  // namespace
}  // namespace docteur
