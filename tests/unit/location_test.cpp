#include "source/location.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

std::string path_of(std::string_view text) {
  const auto where = parse_location(text);
  return where ? where->path : "refused: " + where.error().message;
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

TEST(Location, RefusesWhatItCannotReach) {
  for (const char* const text :
       {"", "https://example.org/x.git", "http://h/x", "ssh://git@h/x", "git://h/x", "ftp://h/x",
        "git@example.org:x.git", "no-such-host:x", "file://site", "relativize://"}) {
    const auto where = parse_location(text);
    ASSERT_FALSE(where) << text;
    EXPECT_EQ(where.error().who, blame::usage) << text;
  }
}

TEST(Location, MessagesHoldNoCredentials) {
  for (const char* const text : {"https://user:secret@example.org/x.git", "https://secret@example.org",
                                 "ssh://a:secret@b@example.org/x", "secret@example.org:x"}) {
    const std::string message = parse_location(text).error().message;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
    EXPECT_NE(message.find("example.org"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace docteur
