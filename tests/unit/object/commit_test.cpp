#include "object/commit.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/image_maker.hpp"

namespace docteur {
namespace {

const std::string kTree = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
const std::string kParent = "parent 0123456789abcdef0123456789abcdef01234567\n";
const std::string kAuthor = "author A U Thor <author@example.org> 1600000000 +0200\n";
const std::string kCommitter = "committer C O Mitter <c@example.org> 1600000001 -0330\n";

// The views refer to `kept`, a block of exactly the size of the text.
result<commit_view> parse(const std::string& text) {
  static buffer kept;
  kept = to_buffer(text);
  kept.shrink_to_fit();
  return parse_commit(kept, hash_kind::sha1);
}

TEST(Commit, GivesItsParts) {
  const auto c = parse(kTree + kParent + kParent + kAuthor + kCommitter + "\nsubject\n\nbody\n");
  ASSERT_TRUE(c);
  EXPECT_EQ(hex(c->tree), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  EXPECT_EQ(c->parents, 2u);
  EXPECT_EQ(c->author.name, "A U Thor");
  EXPECT_EQ(c->author.mail, "author@example.org");
  EXPECT_EQ(c->author.seconds, 1600000000);
  EXPECT_EQ(c->author.zone_minutes, 120);
  EXPECT_EQ(c->committer.name, "C O Mitter");
  EXPECT_EQ(c->committer.seconds, 1600000001);
  EXPECT_EQ(c->committer.zone_minutes, -210);
  EXPECT_TRUE(c->has_message);
  EXPECT_EQ(c->message, "subject\n\nbody\n");
  EXPECT_EQ(c->headers, kTree + kParent + kParent + kAuthor + kCommitter);
}

TEST(Commit, OfADirectoryEndsWithItsHeaders) {
  const auto c = parse(kTree + kAuthor + kCommitter);
  ASSERT_TRUE(c);
  EXPECT_EQ(c->parents, 0u);
  EXPECT_FALSE(c->has_message);
  EXPECT_EQ(c->message, "");
}

TEST(Commit, AnEmptyMessageIsOne) {
  const auto c = parse(kTree + kAuthor + kCommitter + "\n");
  ASSERT_TRUE(c);
  EXPECT_TRUE(c->has_message);
  EXPECT_EQ(c->message, "");
}

TEST(Commit, SkipsHeadersItDoesNotKnow) {
  const auto c =
      parse(kTree + kAuthor + kCommitter + "encoding ISO-8859-1\ngpgsig -----BEGIN\n line\n encoding x\n \n" +
            "mergetag object x\n type y\nlast\n\nm");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->encoding, "ISO-8859-1");
  EXPECT_EQ(c->message, "m");
}

TEST(Commit, MessagesMayHoldAnything) {
  const std::string message = std::string("a\0b\xff", 4);
  EXPECT_EQ(parse(kTree + kAuthor + kCommitter + "\n" + message)->message, message);
}

TEST(Commit, RefusesWhatTheRestReliesOn) {
  const std::string people = kAuthor + kCommitter;
  for (const std::string& bad :
       {std::string(), people + "\n", kTree, kParent + kTree + people, kTree + "parent x\n" + people,
        kTree + kParent + "parent 12\n" + people, "tree 4b825dc642cb6eb9a060e54bf8d69288fbee490\n" + people,
        "tree  4b825dc642cb6eb9a060e54bf8d69288fbee4904\n" + people, "tree\n" + people,
        "tree 4b825dc642cb6eb9a060e54bf8d69288fbee490g\n" + people})
    EXPECT_EQ(parse(bad).error().code, errc::malformed) << bad;
}

// All of these occur in real histories, and `git archive` accepts them.
TEST(Commit, TakesOddLinesBehindTheParents) {
  const std::string second = "author S Econd <s@example.org> 7 +0000\n";
  const auto twice = parse(kTree + kParent + kAuthor + second + kCommitter + "\nm");
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->author.name, "A U Thor");
  EXPECT_EQ(twice->committer.name, "C O Mitter");
  EXPECT_EQ(twice->message, "m");
  const auto continued = parse(kTree + "author A U\n Thor <a@b> 1 +0000\n" + kCommitter + "\nm");
  ASSERT_TRUE(continued);
  EXPECT_EQ(continued->author.name, "A U");
  EXPECT_EQ(continued->committer.seconds, 1600000001);
  const auto reversed = parse(kTree + kCommitter + kAuthor + "\nm");
  ASSERT_TRUE(reversed);
  EXPECT_EQ(reversed->author.name, "A U Thor");
  const auto nobody = parse(kTree + kCommitter + "\nm");
  ASSERT_TRUE(nobody);
  EXPECT_EQ(nobody->author.name, "");
  EXPECT_EQ(nobody->author.seconds, 0);
  EXPECT_EQ(nobody->committer.name, "C O Mitter");
  const auto uncommitted = parse(kTree + kAuthor + "\nm");
  ASSERT_TRUE(uncommitted);
  EXPECT_EQ(uncommitted->committer.seconds, 1600000000);
  const auto bare = parse(kTree + "\nm");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->headers, kTree);
  EXPECT_EQ(bare->message, "m");
  const auto cut = parse(kTree + kAuthor + kCommitter + "half a header");
  ASSERT_TRUE(cut);
  EXPECT_FALSE(cut->has_message);
  EXPECT_EQ(cut->headers, kTree + kAuthor + kCommitter + "half a header");
  EXPECT_TRUE(parse(kTree + kAuthor + "committer"));
}

TEST(Commit, IdsMayBeInUpperCase) {
  const auto c = parse("tree 4B825DC642CB6EB9A060E54BF8D69288FBEE4904\n" + kAuthor + kCommitter);
  ASSERT_TRUE(c);
  EXPECT_EQ(hex(c->tree), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

TEST(Commit, EveryPrefixIsReadFromTheTreeOn) {
  const std::string text = kTree + kParent + kAuthor + kCommitter + "encoding x\n\nmessage\n";
  for (std::size_t n = 0; n < text.size(); ++n) {
    const bool in_parent = n >= kTree.size() + 7 && n < kTree.size() + kParent.size();
    EXPECT_EQ(parse(text.substr(0, n)).has_value(), n > kTree.size() && !in_parent) << "prefix " << n;
  }
}

TEST(Signature, OldAndBrokenOnesAreRead) {
  struct expected {
    std::string_view line, name, mail;
    std::int64_t seconds;
    std::int32_t zone;
  };
  for (const expected& e : {
           expected{"A <a@b> 5 +0000", "A", "a@b", 5, 0},
           expected{"<a@b> 5 +0000", "", "a@b", 5, 0},
           expected{"A <> 5 +1400", "A", "", 5, 840},
           expected{"A <a@b> -5 +0000", "A", "a@b", -5, 0},
           expected{"A <a@b>", "A", "a@b", 0, 0},
           expected{"A <a@b> x y", "A", "a@b", 0, 0},
           expected{"A <a@b> 5", "A", "a@b", 5, 0},
           expected{"A <a@b> 5 0100", "A", "a@b", 5, 0},
           expected{"A <a@b> 5 +01x0", "A", "a@b", 5, 0},
           expected{"A <b> <c> 5 +0100", "A", "b> <c", 5, 60},
           expected{"nothing of it", "nothing of it", "", 0, 0},
           expected{"> <", "> <", "", 0, 0},
           expected{"", "", "", 0, 0},
       }) {
    const signature s = parse_signature(e.line);
    EXPECT_EQ(s.name, e.name) << e.line;
    EXPECT_EQ(s.mail, e.mail) << e.line;
    EXPECT_EQ(s.seconds, e.seconds) << e.line;
    EXPECT_EQ(s.zone_minutes, e.zone) << e.line;
  }
}

TEST(Signature, DatesBeyondAnyCalendarSaturate) {
  const signature s = parse_signature("A <a@b> 99999999999999999999999999999999 +0000");
  EXPECT_GE(s.seconds, std::int64_t{1} << 58);
  EXPECT_LE(parse_signature("A <a@b> -99999999999999999999999999 +0000").seconds, -(std::int64_t{1} << 58));
}

TEST(Tag, GivesItsParts) {
  const std::string text =
      "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype tree\ntag v1\ntagger T <t> 1 +0000\n\nm\n";
  const auto t = parse_tag(as_bytes(text), hash_kind::sha1);
  ASSERT_TRUE(t);
  EXPECT_EQ(t->type, object_type::tree);
  EXPECT_EQ(t->tag, "v1");
  EXPECT_EQ(hex(t->target), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  for (std::size_t n = 0; n < text.find("tagger"); ++n)
    EXPECT_EQ(parse_tag(as_bytes(text).first(n), hash_kind::sha1).error().code, errc::malformed) << "prefix " << n;
}

TEST(Tag, RefusesUnknownTypes) {
  EXPECT_FALSE(
      parse_tag(as_bytes("object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype trees\ntag v1\n"), hash_kind::sha1));
  EXPECT_FALSE(
      parse_tag(as_bytes("object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype \ntag v1\n"), hash_kind::sha1));
}

}  // namespace
}  // namespace docteur
