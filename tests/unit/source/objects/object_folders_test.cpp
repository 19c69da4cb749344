// Where objects are looked for: alternates, multi-pack-indexes, IDX of both versions, what a repack moves.
#include "unit/source/objects/object_database.hpp"

namespace docteur {
namespace {

using ObjectFolders = object_database;

TEST_F(ObjectFolders, AlternatesOfAlternates) {
  const oid id = add_blob("far away");
  (void)dir_.run(
      "git init -q --bare h; git init -q --bare k; echo ../../g/objects >h/objects/info/alternates; "
      "printf '# near\\n%s\\n' $PWD/h/objects >k/objects/info/alternates");
  const auto objects = git_objects::open((dir_ / "k/objects").native(), hash_kind::sha1);
  std::vector<std::byte> out;
  ASSERT_TRUE((*objects)->read(id, out));
  EXPECT_EQ(as_text(out), "far away");
}

TEST_F(ObjectFolders, AlternatesAsDeepAsGitFollowsThem) {
  (void)dir_.run(
      "for i in 0 1 2 3 4 5 6 7; do git init -q --bare r$i; done; "
      "for i in 0 1 2 3 4 5 6; do echo ../../r$((i + 1))/objects >r$i/objects/info/alternates; done; "
      "echo ../../r0/objects >r7/objects/info/alternates");
  const auto objects = std::move(*git_objects::open((dir_ / "r0/objects").native(), hash_kind::sha1));
  for (int i = 0; i < 8; ++i) {
    const std::string name = "r" + std::to_string(i);
    dir_.write("content", name);
    const oid id = *parse_hex(dir_.run("git -C " + name + " hash-object -w ../content 2>/dev/null"), hash_kind::sha1);
    const bool git_has_it =
        dir_.run("git -C r0 cat-file -e " + hex_text(id) + " 2>/dev/null && echo yes || echo no") == "yes";
    EXPECT_EQ(git_has_it, i <= 6) << i;
    const auto info = objects->info(id);
    EXPECT_EQ(info.has_value(), git_has_it) << i;
    if (info) continue;
    EXPECT_NE(info.error().why.find("r6/objects/info/alternates is not followed"), std::string::npos);
  }
}

TEST_F(ObjectFolders, AlternatesThatAreGoneAreNamed) {
  dir_.write("g/objects/info/alternates", "/nowhere/objects\r\n");
  open();
  const object_fault fault = fault_of(oid{});
  EXPECT_TRUE(fault.missing);
  EXPECT_EQ(fault.why, "is missing (alternate /nowhere/objects\\x0d, named in " +
                           (dir_ / "g/objects/info/alternates").native() + ", does not exist)");
}

TEST_F(ObjectFolders, AQuotedAlternate) {
  (void)dir_.run("git init -q --bare 'h \"1\"'; git -C 'h \"1\"' hash-object -w --stdin </dev/null");
  const oid id = object_id(hash_kind::sha1, object_type::blob, {});
  dir_.write("g/objects/info/alternates", "\"../../h\\040\\\"1\\\"/objects\"\n");
  EXPECT_EQ(git("cat-file -t " + hex_text(id)), "blob");
  open();
  EXPECT_TRUE(objects_->info(id));
}

TEST_F(ObjectFolders, AlternatesAreParsedAsGitParsesThem) {
  using list = std::vector<std::string>;
  EXPECT_EQ(parse_alternates(""), list{});
  EXPECT_EQ(parse_alternates("# /a\n\n/b\n"), list{"/b"});
  EXPECT_EQ(parse_alternates(" /a\r\n/b"), (list{" /a\r", "/b"}));
  EXPECT_EQ(parse_alternates("\"/a\\n\\\\\\\"\\101\\377\"\n/b"), (list{"/a\n\\\"A\377", "/b"}));
  // Broken quoting: the line as it stands.
  EXPECT_EQ(parse_alternates("\"/a\n/b"), (list{"\"/a", "/b"}));
  EXPECT_EQ(parse_alternates("\"/a\\477\"\n\"/a\\q\"\n"), (list{"\"/a\\477\"", "\"/a\\q\""}));
  // What follows a closing quote is the next entry without its first character.
  EXPECT_EQ(parse_alternates("\"/a\"x/b\n"), (list{"/a", "/b"}));
  EXPECT_EQ(parse_alternates(std::string_view("/a\0/b\n/c", 8)), list{"/a"});
}

class ManyPacks : public object_database {
 protected:
  // Blobs of `count`, three in each PACK.
  void make_packs(int count) {
    for (int i = 0; i < count; ++i) {
      contents_.push_back("content " + std::to_string(i));
      ids_.push_back(add_blob(contents_.back()));
      if (i % 3 != 2) continue;
      const std::size_t n = ids_.size();
      pack({ids_[n - 3], ids_[n - 2], ids_[n - 1]}, "");
    }
  }
  void expect_all() {
    open();
    for (std::size_t i = 0; i < ids_.size(); ++i) expect_content(ids_[i], contents_[i]);
    EXPECT_TRUE(fault_of(oid{}).missing);
  }
  std::vector<std::string> contents_;
  std::vector<oid> ids_;
};

TEST_F(ManyPacks, IdxVersions) {
  make_packs(9);
  expect_all();
  (void)dir_.run(
      "cd g/objects/pack; chmod +w *; for p in *.pack; do git index-pack --index-version=1 -o ${p%.pack}.idx $p; done");
  EXPECT_EQ(git("show-index <$(ls g/objects/pack/*.idx | head -n 1) | wc -l"), "3");
  expect_all();
  (void)dir_.run(
      "cd g/objects/pack; chmod +w *; "
      "for p in *.pack; do git index-pack --index-version=2,0 -o ${p%.pack}.idx $p; done");
  expect_all();
}

TEST_F(ManyPacks, MultiPackIndexAlone) {
  make_packs(9);
  (void)git("multi-pack-index write");
  expect_all();
  (void)dir_.run("rm -f g/objects/pack/*.idx");
  expect_all();
  const auto found = objects_->find_prefix(hex_text(ids_[4]).substr(0, 12));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, std::vector<oid>{ids_[4]});
}

TEST_F(ManyPacks, NoMultiPackIndexHidesObjects) {
  make_packs(6);
  (void)git("multi-pack-index write");
  const fs::path path = dir_ / "g/objects/pack/multi-pack-index";
  const std::string stale = file_content(path);
  // Stale: one PACK more, one less.
  make_packs(3);
  expect_all();
  (void)git("repack -qadk");
  (void)git("multi-pack-index write");
  for (std::size_t at = 0; at < stale.size(); at += 1 + at / 40) {
    std::string bad = stale;
    bad[at] = static_cast<char>(bad[at] ^ 0x81);
    fs::remove(path);
    dir_.write("g/objects/pack/multi-pack-index", at % 3 == 0 ? bad.substr(0, at) : bad);
    open();
    for (std::size_t i = 0; i < ids_.size(); ++i) expect_same(ids_[i], contents_[i]);
  }
}

TEST_F(ManyPacks, ARepackMeanwhile) {
  make_packs(9);
  expect_content(ids_[0], contents_[0]);
  (void)git("repack -qadk --window=0");
  for (std::size_t i = 0; i < ids_.size(); ++i) expect_content(ids_[i], contents_[i]);
}

TEST_F(ManyPacks, ShortIds) {
  make_packs(3);
  ids_.push_back(add_blob("loose"));
  open();
  for (const oid& id : ids_)
    for (const std::size_t digits : {5u, 8u, 39u}) {
      const auto found = objects_->find_prefix(hex_text(id).substr(0, digits));
      ASSERT_TRUE(found) << found.error().message;
      EXPECT_EQ(*found, std::vector<oid>{id});
    }
  EXPECT_TRUE(objects_->find_prefix("00000000")->empty());
}

}  // namespace
}  // namespace docteur
