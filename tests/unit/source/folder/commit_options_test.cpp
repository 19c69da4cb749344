#include "source/folder/commit_options.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

TEST(CommitOptions, ReadsRfc3339) {
  EXPECT_EQ(*parse_rfc3339("1970-01-01T00:00:00Z"), (commit_time{0, 0}));
  EXPECT_EQ(*parse_rfc3339("2020-10-10T08:00:00+00:00"), (commit_time{1602316800, 0}));
  EXPECT_EQ(*parse_rfc3339("2020-10-10t10:00:00.75+02:00"), (commit_time{1602316800, 120}));
  EXPECT_EQ(*parse_rfc3339("2020-10-10 04:30:00-03:30"), (commit_time{1602316800, -210}));
  EXPECT_EQ(*parse_rfc3339("2020-02-29T00:00:00z"), (commit_time{1582934400, 0}));
  EXPECT_EQ(*parse_rfc3339("2016-12-31T23:59:60Z"), (commit_time{1483228800, 0}));
  EXPECT_EQ(*parse_rfc3339("9999-12-31T23:59:59Z"), (commit_time{253402300799, 0}));
}

TEST(CommitOptions, RefusesWhatIsNoDate) {
  for (const char* const text : {"",
                                 "2020",
                                 "2020-10-10",
                                 "2020-10-10T08:00:00",
                                 "2020-10-10T08:00Z",
                                 "2020-13-10T08:00:00Z",
                                 "2020-02-30T08:00:00Z",
                                 "2019-02-29T08:00:00Z",
                                 "2020-10-10T24:00:00Z",
                                 "2020-10-10T08:60:00Z",
                                 "2020-10-10T08:00:61Z",
                                 "2020-10-10T08:00:00.Z",
                                 "2020-10-10T08:00:00+0200",
                                 "2020-10-10T08:00:00+24:00",
                                 "2020-10-10T08:00:00Z ",
                                 " 2020-10-10T08:00:00Z",
                                 "2020-10-10T08:00:00+02:00x",
                                 "1969-12-31T23:59:59Z",
                                 "1970-01-01T00:00:00+00:01",
                                 "yesterday"}) {
    const auto when = parse_rfc3339(text);
    ASSERT_FALSE(when) << text;
    EXPECT_EQ(when.error().who, blame::usage);
  }
}

TEST(CommitOptions, ReadsSourceDateEpoch) {
  EXPECT_EQ(*parse_source_date_epoch("0"), (commit_time{0, 0}));
  EXPECT_EQ(*parse_source_date_epoch("1602316800"), (commit_time{1602316800, 0}));
  for (const char* const text : {"", "-1", "+1", "1x", "1.5", "99999999999999999999", "9223372036854775807"})
    EXPECT_FALSE(parse_source_date_epoch(text)) << text;
}

TEST(CommitOptions, ReadsIdentities) {
  const auto who = parse_identity(" J\xc3\xa9r\xc3\xb4me X.  < j@x > ");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->name, "J\xc3\xa9r\xc3\xb4me X.");
  EXPECT_EQ(who->mail, "j@x");
  EXPECT_TRUE(parse_identity("A <>"));
  for (const char* const text :
       {"", "A", "A <x", "A x>", "<x@y>", " <x@y>", "A <x> y", "A <x<y>", "A <x>y>", "A > <x>", "A\nB <x>", "A <x\n>"})
    EXPECT_FALSE(parse_identity(text)) << text;
}

TEST(CommitOptions, WritesTheBytesOfDocteur) {
  const oid tree = *parse_hex("4b825dc642cb6eb9a060e54bf8d69288fbee4904", hash_kind::sha1);
  EXPECT_EQ(commit_content(tree, {"A B", "a@b"}, {1602316800, 0}),
            "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
            "author A B <a@b> 1602316800 +0000\n"
            "committer A B <a@b> 1602316800 +0000\n");
  EXPECT_NE(commit_content(tree, {"A", "a"}, {5, -210}).find("author A <a> 5 -0330\n"), std::string::npos);
  EXPECT_NE(commit_content(tree, {"A", "a"}, {5, 120}).find("author A <a> 5 +0200\n"), std::string::npos);
}

}  // namespace
}  // namespace docteur
