#include "proof/commit_proof.hpp"

#include <gtest/gtest.h>

#include "proof/write_commit_proof.hpp"
#include "support/opened.hpp"
#include "support/proof_parts.hpp"
#include "support/small_world.hpp"

namespace docteur {
namespace {

// The small world, attached; proofs of its paths.
class CommitProof : public testing::Test {
 protected:
  small_world world;
  opened image{world.maker.image(world.commit), true};

  std::string prove(std::string_view path) {
    const auto proof = write_commit_proof(image.reader(), version_list(), world.commit, path);
    return proof ? std::string(as_text(proof->span())) : std::string("error: ") + proof.error().what;
  }
  static result<proven_entry> check(const std::string& proof) { return check_commit_proof(as_bytes(proof)); }
  static std::string check_text(const std::string& proof) {
    const auto e = check(proof);
    return e ? "proven " + std::string(e->path) : e.error().what;
  }
};

TEST_F(CommitProof, EachPathIsProvedWithItsIdAndKind) {
  std::vector<std::string> paths = image.names("", snapshot::depth::all);
  ASSERT_GT(paths.size(), 40u);
  for (std::string& path : paths) {
    if (path.ends_with('/')) path.pop_back();
    const std::string proof = prove(path);
    const auto e = check(proof);
    ASSERT_TRUE(e) << path << ": " << e.error().what;
    const auto n = image.snapshot().find(path);
    EXPECT_EQ(e->path, path);
    EXPECT_EQ(e->commit, world.commit);
    EXPECT_EQ(e->what, n->kind) << path;
    EXPECT_EQ(e->mode, canonical_mode(n->kind)) << path;
    EXPECT_EQ(e->id, *image.snapshot().id(*n)) << path;
  }
}

TEST_F(CommitProof, TheRootIsProvedByTheCommitAlone) {
  const std::string proof = prove("");
  const auto e = check(proof);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->id, image.snapshot().commit().tree);
  EXPECT_EQ(e->what, entry_kind::directory);
  EXPECT_EQ(as_text(e->commit_content), as_text(image.snapshot().commit_content()));
}

TEST_F(CommitProof, WhatIsNotThereHasNoProof) {
  EXPECT_EQ(prove("nowhere"), "error: no such path");
  EXPECT_EQ(prove("a/nowhere"), "error: no such path");
  EXPECT_EQ(prove("top/x"), "error: a name on the way is no folder");
  EXPECT_EQ(prove("module/x"), "error: the content of a submodule is not in the image");
  EXPECT_EQ(prove("link-dir/file"), "error: a name on the way is no folder") << "links are not followed";
  EXPECT_EQ(prove(std::string(9000, 'x')), "error: no such path");
}

TEST_F(CommitProof, APrefixIsRefused) {
  const std::string good = prove("a/file");
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(check(good.substr(0, n))) << n;
}

TEST_F(CommitProof, MoreIsRefused) {
  EXPECT_EQ(check_text(prove("a/file") + '\0'), "bytes behind the proof");
  EXPECT_EQ(check_text(prove("a/file") + prove("a/file")), "bytes behind the proof");
}

// A bit that changes leads to an error, or, in the commit, to the id of another commit.
TEST_F(CommitProof, EachFlippedBitIsNoticed) {
  const std::string good = prove("a/file");
  for (std::size_t i = 0; i < 8 * good.size(); ++i) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ 1 << i % 8);
    const auto e = check(bad);
    EXPECT_TRUE(!e || e->commit != world.commit) << "bit " << i;
  }
}

TEST_F(CommitProof, PartsOfOtherProofsAreRefused) {
  const proof_parts good = proof_parts::of(as_bytes(prove("a/file"))),
                    other = proof_parts::of(as_bytes(prove("odd/ ")));
  const auto with = [&good](const auto& change) {
    proof_parts p = good;
    change(p);
    return check_text(p.text());
  };
  EXPECT_EQ(with([](proof_parts&) {}), "proven a/file");
  EXPECT_EQ(with([](proof_parts& p) { std::swap(p.trees[0], p.trees[1]); }), "a tree does not match its id");
  EXPECT_EQ(with([&](proof_parts& p) { p.trees[1] = other.trees[1]; }), "a tree does not match its id");
  EXPECT_EQ(with([](proof_parts& p) { p.trees.pop_back(); }), "a number of the proof is cut");
  EXPECT_EQ(with([](proof_parts& p) { p.trees.push_back(p.trees[1]); }), "bytes behind the proof");
  EXPECT_EQ(with([](proof_parts& p) { p.path = "a/File"; }), "no such path");
  EXPECT_EQ(with([](proof_parts& p) { p.path = "b/file"; }), "a tree does not match its id");
  EXPECT_EQ(with([](proof_parts& p) { p.path = "a//file"; }), "an empty name in the path");
  EXPECT_EQ(with([](proof_parts& p) { p.path = "/a/file"; }), "an empty name in the path");
  EXPECT_EQ(with([](proof_parts& p) { p.path = "a/file/"; }), "an empty name in the path");
  EXPECT_EQ(with([](proof_parts& p) { p.path = "top/file"; }), "a name on the way is no folder");
  EXPECT_EQ(with([](proof_parts& p) { p.tags.emplace_back("object"); }), "tag does not begin with an object line");
  EXPECT_EQ(with([](proof_parts& p) { p.tags.resize(65); }), "a number of the proof is over its limit");
  EXPECT_EQ(with([](proof_parts& p) { p.commit = "tree"; }), "commit does not begin with a tree line");
}

TEST_F(CommitProof, ATagMustNameTheCommit) {
  const proof_parts good = proof_parts::of(as_bytes(prove("a/file")));
  const auto tag_of = [](std::string_view type, const oid& id) {
    const oid_hex hex = to_hex(id);
    return "object " + std::string(hex.view()) + "\ntype " + std::string(type) + "\ntag t\n\nx\n";
  };
  const auto with = [&good](std::vector<std::string> tags) {
    proof_parts p = good;
    p.tags = std::move(tags);
    return check_text(p.text());
  };
  const std::string inner = tag_of("commit", world.commit);
  const oid inner_id = object_id(hash_kind::sha1, object_type::tag, as_bytes(inner));
  EXPECT_EQ(with({inner}), "proven a/file");
  EXPECT_EQ(with({tag_of("tag", inner_id), inner}), "proven a/file");
  EXPECT_EQ(with({inner, inner}), "a tag that the one before does not name");
  EXPECT_EQ(with({tag_of("tag", inner_id)}), "a commit that the tag does not name");
  EXPECT_EQ(with({tag_of("tree", world.commit)}), "a commit that the tag does not name");
  EXPECT_EQ(with({tag_of("commit", inner_id)}), "a commit that the tag does not name");
}

TEST_F(CommitProof, TheFrameIsChecked) {
  const std::string good = prove("top");
  const auto with = [&good](std::size_t at, char c) {
    std::string bad = good;
    bad[at] = c;
    return check_text(bad);
  };
  EXPECT_EQ(with(0, 'd'), "not a proof");
  EXPECT_EQ(with(4, 2), "unknown version of the proof format");
  EXPECT_EQ(with(5, 3), "unknown form of proof");
  EXPECT_EQ(with(5, 2), "a proof of another form");
  EXPECT_EQ(with(6, 3), "unknown kind of hash");
  EXPECT_EQ(check_text(good.substr(0, 7) + std::string(9, '\xff') + '\x01'), "a number of the proof is over its limit");
  EXPECT_EQ(check_text(good.substr(0, 7) + '\x83' + '\0' + good.substr(8)), "a number takes more bytes than needed");
}

TEST_F(CommitProof, WritingSurvivesEachFailedAllocation) {
  ASSERT_TRUE(prove("a/file").starts_with("DPRF"));
  for (std::size_t n = 0; n < 100; ++n) {
    image.mem.fail_at(n);
    const std::string proof = prove("a/file");
    EXPECT_TRUE(proof.starts_with("DPRF") || proof == "error: no more memory") << n << proof;
  }
  image.mem.fail_at(kNever);
}

}  // namespace
}  // namespace docteur
