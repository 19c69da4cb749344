#include "source/location.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace docteur {
namespace {

std::string path_of(std::string_view text) {
  const auto where = parse_location(text);
  if (!where) return "refused: " + where.error().message;
  return where->remote ? "remote: " + where->remote->url : where->path;
}

remote_address remote_of(std::string_view text) {
  const auto where = parse_location(text);
  EXPECT_TRUE(where && where->remote) << text << ": " << path_of(text);
  return where && where->remote ? *where->remote : remote_address();
}

TEST(Location, PathsStayAsTheyAre) {
  for (const char* const path : {"site", "./site", "/srv/site.git", "../a b/c%20d", "./host:path", "a/b:c", "-x"})
    EXPECT_EQ(path_of(path), path);
}

TEST(Location, FileUrlsAreDecodedAsGitDoes) {
  EXPECT_EQ(path_of("file:///srv/a%20b"), "/srv/a b");
  EXPECT_EQ(path_of("file:///srv/a%2fb%C3%a9"), "/srv/a/b\xc3\xa9");
  EXPECT_EQ(path_of("file:///srv/50%"), "/srv/50%");
  EXPECT_EQ(path_of("file:///srv/%4"), "/srv/%4");
  EXPECT_EQ(path_of("file:///srv/%zz"), "/srv/%zz");
  EXPECT_EQ(path_of("file:///srv/%00"), "/srv/%00");
}

TEST(Location, RelativizeIsBelowTheWorkingDirectory) {
  EXPECT_EQ(path_of("relativize://store"), "./store");
  EXPECT_EQ(path_of("relativize://../a%20b"), "./../a%20b");
}

TEST(Location, RemoteAddressesGoToGitAsTheyAre) {
  for (const char* const url : {"https://example.org/x.git", "http://h:8080/x", "http://h/x?y=z", "ssh://git@h:22/x",
                                "ssh://h/~me/x", "git://h/x", "git://[::1]:9418/x", "git@example.org:x.git",
                                "no-such-host:x", "host:a b", "[::1]:x", "me@[h:22]:x"}) {
    EXPECT_EQ(remote_of(url).url, url);
    EXPECT_EQ(remote_of(url).user, "") << url;
  }
  EXPECT_EQ(remote_of("HTTPS://h/x").url, "https://h/x");
  EXPECT_EQ(remote_of("https://h/x").by, transport::http);
  EXPECT_EQ(remote_of("ssh://h/x").by, transport::ssh);
  EXPECT_EQ(remote_of("h:x").by, transport::ssh);
  EXPECT_EQ(remote_of("git://h/x").by, transport::git);
}

TEST(Location, CredentialsOfHttpAreTakenOutOfTheUrl) {
  const remote_address both = remote_of("https://jane:p%40ss:w%2Frd%25@h:1/x");
  EXPECT_EQ(both.url, "https://h:1/x");
  EXPECT_EQ(both.user, "jane");
  EXPECT_EQ(both.password, "p@ss:w/rd%");
  const remote_address with_at = remote_of("https://jane:p@ss@h/x");
  EXPECT_EQ(with_at.url, "https://h/x");
  EXPECT_EQ(with_at.password, "p@ss");
  EXPECT_EQ(remote_of("https://token@h/x").user, "token");
  EXPECT_EQ(remote_of("https://token@h/x").password, std::nullopt);
  EXPECT_EQ(remote_of("https://token:@h/x").password, "");
  EXPECT_EQ(remote_of("https://:secret@h/x").password, "secret");
}

TEST(Location, RefusesWhatItCannotReach) {
  for (const char* const text :
       {"", "ftp://h/x", "file://site", "relativize://", "https://", "https:///x", "https://h", "https://h/",
        "https://@/x", "git://h", "http://h:x/y", "http://[::1/x", "http://[]/x", "host:", "@:x", "[]:x"}) {
    const auto where = parse_location(text);
    ASSERT_FALSE(where) << text;
    EXPECT_EQ(where.error().who, blame::usage) << text;
  }
}

TEST(Location, RefusesWhatWouldBeAnOptionOrAProgram) {
  for (const char* const text : {"ssh://-oProxyCommand=x/y",
                                 "ssh://%2doProxyCommand=x/y",
                                 "ssh://u@-o/y",
                                 "ssh://-o@h/y",
                                 "ssh://%2Do@h/y",
                                 "ssh://h:-o/y",
                                 "ssh://[-o]/y",
                                 "-o:y",
                                 "u@-o:y",
                                 "-u@h:y",
                                 "[-o]:y",
                                 "[x ://-o]:y",
                                 "[x:/y]:z",
                                 "h:-y",
                                 "git://-h/y",
                                 "https://-h/y",
                                 "ext::sh -c x",
                                 "ext::ssh://h/x",
                                 "foo::bar",
                                 "git+ssh://h/x",
                                 "http+unix://h/x"}) {
    const auto where = parse_location(text);
    ASSERT_FALSE(where) << text;
    EXPECT_EQ(where.error().who, blame::usage) << text;
  }
}

TEST(Location, RefusesControlCharacters) {
  for (const std::string text : {"https://h/x\ny", "https://h/x%0ay", "https://h/x%0Dy", "https://h%00/x",
                                 "https://u%0a@h/x", "ssh://h/\x7f", "ssh://h/%7f", "h:x\ry", "h:x%0ay"}) {
    const auto where = parse_location(text);
    ASSERT_FALSE(where) << text;
    EXPECT_EQ(where.error().who, blame::usage) << text;
    EXPECT_TRUE(std::ranges::none_of(where.error().message, [](char c) { return c >= 0 && c < 0x20; })) << text;
  }
}

TEST(Location, MessagesHoldNoCredentials) {
  for (const char* const text :
       {"ftp://user:secret@example.org/x.git", "https://secret@example.org", "ssh://a:secret@b@example.org/x",
        "secret@example.org:-x", "git://secret@example.org/x", "https://u:secret@example.org/x%0a",
        "ftp://example.org/x?token=secret"}) {
    const std::string message = parse_location(text).error().message;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
    EXPECT_NE(message.find("example.org"), std::string::npos) << message;
  }
  EXPECT_EQ(remote_of("https://u:secret@h/x?token=secret").shown, "https://h/x");
  EXPECT_EQ(remote_of("secret@h:x").shown, "h:x");
}

}  // namespace
}  // namespace docteur
