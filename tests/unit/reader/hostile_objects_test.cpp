// Images with hostile trees, deltas or IDX.
#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/opened.hpp"

namespace docteur {
namespace {

using namespace std::string_view_literals;

// Returns the reason why an image with the root tree `root` cannot be attached; nullptr if it can.
const char* refused(const tree_text& root, image_maker maker = {}) {
  const oid commit = maker.add(object_type::commit, commit_text(maker.add_tree(root)));
  counting_memory mem;
  const buffer raw = maker.image(commit);
  const auto i = attach(memory_device(raw), mem.handle());
  return i ? nullptr : i.error().what;
}

TEST(HostileTree, IsRefusedByAttach) {
  image_maker m;
  const oid blob = m.add_blob("x");
  const oid tree = m.add_tree(tree_text().add("100644", "x", blob));
  const auto one = [&](std::string_view name) { return refused(tree_text().add("100644", name, blob), m); };
  const auto directory = [&](std::string_view name) { return refused(tree_text().add("40000", name, tree), m); };
  EXPECT_EQ(one("fine"), nullptr);
  EXPECT_EQ(directory("fine"), nullptr);
  for (const std::string_view name : {""sv, "."sv, ".."sv, "a/b"sv, "/"sv, ".git"sv, ".GiT"sv, "git~1"sv, ".git. "sv,
                                      ".g\u200dit"sv, ".git::$INDEX_ALLOCATION"sv, "..\\.git"sv}) {
    EXPECT_NE(one(name), nullptr) << name;
    EXPECT_NE(directory(name), nullptr) << name;
  }
  const auto two = [&](std::string_view a, std::string_view b) {
    return refused(tree_text().add("100644", a, blob).add("100644", b, blob), m);
  };
  EXPECT_EQ(two("a", "b"), nullptr);
  EXPECT_NE(two("a", "a"), nullptr);
  EXPECT_NE(two("b", "a"), nullptr);
  EXPECT_NE(refused(tree_text().add("100644", "a", blob).add("40000", "a", tree), m), nullptr);
  EXPECT_NE(refused(tree_text().add("100644", "a", blob).add("100644", "a-", blob).add("40000", "a", tree), m),
            nullptr);
  EXPECT_NE(refused(tree_text().add("160000", "a", blob).add("40000", "a", tree), m), nullptr);
  EXPECT_NE(refused(tree_text().add("40000", "a", tree).add("100644", "a.", blob), m), nullptr);
}

TEST(HostileTree, EntriesMustBeWhatTheirModesSay) {
  image_maker m;
  const oid blob = m.add_blob("x");
  const oid tree = m.add_tree(tree_text().add("100644", "x", blob));
  oid absent = blob;
  absent.view()[0] ^= std::byte{1};
  EXPECT_NE(refused(tree_text().add("40000", "d", blob), m), nullptr) << "a blob as a directory";
  EXPECT_NE(refused(tree_text().add("100644", "f", absent), m), nullptr);
  EXPECT_NE(refused(tree_text().add("40000", "d", absent), m), nullptr);
  EXPECT_EQ(refused(tree_text().add("160000", "s", absent), m), nullptr) << "a submodule's commit is elsewhere";
  // A tree in the place of a file is found when it is read.
  const oid commit = m.add(object_type::commit, commit_text(m.add_tree(tree_text().add("100644", "f", tree))));
  opened o(m.image(commit), true);
  EXPECT_EQ(o.reader().size(*o.snapshot().find("f")).error().code, errc::wrong_kind);
  buffer out(m.offset(tree) == 0 ? 0 : tree_text().add("100644", "x", blob).text().size());
  EXPECT_EQ(o.reader().read(*o.snapshot().find("f"), out).error().code, errc::wrong_kind);
  EXPECT_EQ(o.reader().open(*o.snapshot().find("f")).error().code, errc::wrong_kind);
}

TEST(HostileTree, ContentThatIsNotItsIdsIsRefused) {
  image_maker m;
  const oid blob = m.add_blob("x");
  oid lie = object_id(hash_kind::sha1, object_type::blob, as_bytes("something else"));
  entry_header h{entry_type::blob, 0, 4, 0, {}};
  m.add_entry(lie, h, deflated(as_bytes("lies")));
  const oid commit = m.add(object_type::commit, commit_text(m.add_tree(tree_text().add("100644", "f", lie))));
  opened o(m.image(commit), true);
  buffer out(4);
  EXPECT_EQ(o.reader().read(*o.snapshot().find("f"), out).error().code, errc::bad_checksum);
  EXPECT_TRUE(o.reader().read(*o.snapshot().find("f"), out, check::no)) << "the caller asked not to check";

  oid lying_tree = object_id(hash_kind::sha1, object_type::tree, as_bytes("no tree"));
  const std::string text = tree_text().add("100644", "x", blob).text();
  m.add_entry(lying_tree, {entry_type::tree, 0, text.size(), 0, {}}, deflated(as_bytes(text)));
  EXPECT_NE(refused(tree_text().add("40000", "d", lying_tree), m), nullptr);
}

// Trees can contain each other only if the ids in the IDX are wrong, and then their content does not match their ids.
TEST(HostileTree, ACycleIsRefused) {
  image_maker m;
  oid id;
  std::ranges::fill(id.view(), std::byte{7});
  const std::string text = tree_text().add("40000", "again", id).text();
  m.add_entry(id, {entry_type::tree, 0, text.size(), 0, {}}, deflated(as_bytes(text)));
  EXPECT_NE(refused(tree_text().add("40000", "d", id), m), nullptr);
}

// A thousand directories, each of which has ten entries for the one below: 10^n paths from a few hundred bytes.
TEST(HostileTree, ABombStopsAtTheLimitOfPaths) {
  image_maker m;
  oid tree = m.add_tree(tree_text().add("100644", "x", m.add_blob("x")));
  for (int level = 0; level < 30; ++level) {
    tree_text t;
    for (char c = 'a'; c < 'k'; ++c) t.add("40000", std::string(1, c), tree);
    tree = m.add_tree(t);
  }
  const oid commit = m.add(object_type::commit, commit_text(tree));
  const buffer raw = m.image(commit);
  limits bounds;
  bounds.paths = 20'000;
  counting_memory mem;
  EXPECT_EQ(attach(memory_device(raw), mem.handle(), bounds).error().code, errc::too_large);
  EXPECT_LT(mem.peak(), 4u << 20);
}

// Nested directories with large trees: all trees on the way down are in memory at once.
TEST(HostileTree, TreesOnTheWayDownAreBoundedTogether) {
  image_maker m;
  const oid blob = m.add_blob("x");
  oid below = m.add_tree(tree_text().add("100644", "x", blob));
  for (int level = 0; level < 100; ++level) {
    tree_text t;
    t.add("40000", "d", below);
    for (int i = 0; i < 10; ++i) t.add("100644", "e" + std::to_string(i) + std::string(4000, 'e'), blob);
    below = m.add_tree(t);
  }
  const oid commit = m.add(object_type::commit, commit_text(below));
  const buffer raw = m.image(commit);
  limits bounds;
  bounds.object_bytes = 200'000;
  counting_memory mem;
  EXPECT_EQ(attach(memory_device(raw), mem.handle(), bounds).error().code, errc::too_large);
  EXPECT_LT(mem.peak(), 1'000'000u);
}

TEST(HostileDelta, ACycleOfRefDeltasEnds) {
  image_maker m;
  const oid a = object_id(hash_kind::sha1, object_type::blob, as_bytes("a"));
  const oid b = object_id(hash_kind::sha1, object_type::blob, as_bytes("b"));
  const delta_text same = delta_text(5, 5).copy(0, 5);
  m.add_ref_delta(a, b, same.view());
  m.add_ref_delta(b, a, same.view());
  const oid self = object_id(hash_kind::sha1, object_type::blob, as_bytes("self"));
  m.add_ref_delta(self, self, same.view());
  const oid commit = m.add(object_type::commit,
                           commit_text(m.add_tree(tree_text().add("100644", "a", a).add("100644", "self", self))));
  for (const bool mapped : {true, false}) {
    opened o(m.image(commit), mapped);
    for (const std::string_view name : {"a", "self"}) {
      buffer out(5);
      EXPECT_EQ(o.reader().objects().info(o.image().offset(*o.snapshot().find(name))).error().code, errc::too_large);
      EXPECT_EQ(o.reader().read(*o.snapshot().find(name), out).error().code, errc::too_large);
    }
  }
}

TEST(HostileDelta, ABaseThatIsNotThereIsRefused) {
  image_maker m;
  oid absent;
  std::ranges::fill(absent.view(), std::byte{9});
  const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes("x"));
  m.add_ref_delta(id, absent, delta_text(1, 1).copy(0, 1).view());
  const oid commit = m.add(object_type::commit, commit_text(m.add_tree(tree_text().add("100644", "x", id))));
  opened o(m.image(commit), true);
  buffer out(1);
  EXPECT_EQ(o.reader().read(*o.snapshot().find("x"), out).error().code, errc::out_of_range);
  EXPECT_EQ(o.reader().objects().info(o.image().offset(*o.snapshot().find("x"))).error().code, errc::out_of_range);
}

TEST(HostileDelta, SizesThatLieTakeNoMemory) {
  const std::uint64_t huge = std::uint64_t{1} << 60;
  image_maker m;
  const oid base = m.add_blob("base");
  const auto lie = [](const char* name) { return object_id(hash_kind::sha1, object_type::blob, as_bytes(name)); };
  tree_text tree;
  m.add_entry(lie("blob"), {entry_type::blob, 0, huge, 0, {}}, deflated(as_bytes("small")));
  m.add_ofs_delta(lie("result"), base, delta_text(4, huge).copy(0, 4).view());
  m.add_ofs_delta(lie("base size"), base, delta_text(huge, 4).copy(0, 4).view());
  m.add_entry(lie("delta"), {entry_type::ref_delta, 0, huge, 0, base}, deflated(delta_text(4, 4).copy(0, 4).view()));
  for (const char* name : {"base size", "blob", "delta", "result"}) tree.add("100644", name, lie(name));
  const oid commit = m.add(object_type::commit, commit_text(m.add_tree(tree)));
  for (const bool mapped : {true, false}) {
    opened o(m.image(commit), mapped);
    for (const char* name : {"base size", "blob", "delta", "result"}) {
      buffer out(4);
      EXPECT_FALSE(o.reader().read(*o.snapshot().find(name), out)) << name;
      EXPECT_FALSE(o.reader().objects().read(o.image().offset(*o.snapshot().find(name)))) << name;
      auto stream = o.open(name);
      EXPECT_FALSE(stream && stream->read(0, out) && as_text(out) != "smal") << name;
    }
    EXPECT_LT(o.mem.peak(), 1u << 20);
  }
}

TEST(HostileIdx, TwoObjectsAtOneOffsetAreRefused) {
  image_maker m;
  const oid blob = m.add_blob("x");
  m.name(object_id(hash_kind::sha1, object_type::blob, as_bytes("y")), m.offset(blob));
  const oid commit = m.add(object_type::commit, commit_text(m.add_tree(tree_text().add("100644", "x", blob))));
  const buffer raw = m.image(commit);
  counting_memory mem;
  EXPECT_EQ(attach(memory_device(raw), mem.handle()).error().code, errc::malformed);
}

TEST(HostileIdx, TheCommitMustBeThereAndBeOne) {
  image_maker m;
  const oid blob = m.add_blob("x");
  const oid tree = m.add_tree(tree_text().add("100644", "x", blob));
  oid absent;
  counting_memory mem;
  for (const oid& commit : {absent, blob, tree}) {
    const buffer raw = m.image(commit);
    EXPECT_FALSE(attach(memory_device(raw), mem.handle()));
  }
}

}  // namespace
}  // namespace docteur
