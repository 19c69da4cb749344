#include "reader/image.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "support/attached.hpp"
#include "support/opened.hpp"
#include "support/small_world.hpp"

namespace docteur {
namespace {

using namespace std::string_view_literals;
using names = std::vector<std::string>;

// How an image is stored and attached: on a mapped device or one that copies, by its trees or by its path section.
struct way {
  bool mapped;
  bool section;
};

class Image : public testing::TestWithParam<way> {
 protected:
  bool mapped() const { return GetParam().mapped; }
  buffer image_of(const image_maker& m, const oid& commit) const {
    return GetParam().section ? image_with_paths(m, commit) : m.image(commit);
  }

  small_world s;
  const buffer raw = image_of(s.maker, s.commit);
  opened o{raw, mapped()};

  errc resolve_error(std::string_view path) {
    const auto n = o.reader().resolve(o.snapshot(), path);
    EXPECT_FALSE(n) << path;
    return n ? errc::io : n.error().code;
  }
  std::string resolved(std::string_view path) {
    const auto n = o.reader().resolve(o.snapshot(), path);
    return n ? o.content(*n) : std::string("error: ") + n.error().what;
  }
};
INSTANTIATE_TEST_SUITE_P(, Image,
                         testing::Values(way{true, false}, way{false, false}, way{true, true}, way{false, true}),
                         [](const auto& which) {
                           return std::string(which.param.mapped ? "Mapped" : "Copying") +
                                  (which.param.section ? "Section" : "Trees");
                         });

TEST_P(Image, KnowsItsHead) {
  EXPECT_EQ(o.snapshot().commit_id(), s.commit);
  EXPECT_EQ(o.snapshot().commit().author.name, "A U Thor");
  EXPECT_EQ(o.snapshot().image().path_section() != nullptr, GetParam().section);
  EXPECT_EQ(o.snapshot().commit().message, "message\n");
  EXPECT_EQ(object_id(hash_kind::sha1, object_type::commit, o.snapshot().commit_content()), s.commit);
  EXPECT_EQ(*o.snapshot().id(*o.snapshot().find("")), o.snapshot().commit().tree);
}

TEST_P(Image, FindsEveryFile) {
  for (const auto& [path, content] : s.files) {
    const auto n = o.snapshot().find(path);
    ASSERT_TRUE(n) << path;
    EXPECT_EQ(n->kind, path == "run" ? entry_kind::executable : entry_kind::file) << path;
    EXPECT_EQ(o.content(*n), content) << path;
    EXPECT_EQ(*o.snapshot().id(*n), object_id(hash_kind::sha1, object_type::blob, as_bytes(content)));
    EXPECT_EQ(o.reader().size(*n).value(), content.size());
    EXPECT_FALSE(o.snapshot().find(path + "x")) << path;
    EXPECT_FALSE(o.snapshot().find(path + "/x")) << path;
  }
}

TEST_P(Image, FindsByNormalisedPaths) {
  EXPECT_EQ(o.content("/a/file"), "in a\n");
  EXPECT_EQ(o.content("a//file"), "in a\n");
  EXPECT_EQ(o.content("//a///file"), "in a\n");
  EXPECT_EQ(o.snapshot().find("")->kind, entry_kind::directory);
  EXPECT_EQ(o.snapshot().find("/"), o.snapshot().find(""));
  EXPECT_EQ(o.snapshot().find("a/"), o.snapshot().find("a"));
  EXPECT_EQ(o.snapshot().find("a")->kind, entry_kind::directory);
  for (const std::string_view path : {"a/file/"sv, "//a///file//"sv, "run/"sv, "link-dir/"sv})
    EXPECT_FALSE(o.snapshot().find(path)) << path;
  for (const std::string_view path : {"."sv, ".."sv, "a/."sv, "a/../top"sv, "A"sv, "a\0"sv, "a/file\0x"sv, "nowhere"sv})
    EXPECT_FALSE(o.snapshot().find(path)) << path;
}

TEST_P(Image, FindsWhatLeadsToAPath) {
  const auto led = [&](std::string_view path) {
    const auto there = o.snapshot().find_prefix(path);
    return there ? path.substr(0, there->size) : "nothing"sv;
  };
  EXPECT_EQ(led("a/file"), "a/file");
  EXPECT_EQ(led("a/file/x/y"), "a/file");
  EXPECT_EQ(led("a/none/file"), "a");
  EXPECT_EQ(led("a/fil"), "a");
  EXPECT_EQ(led("a0x"), "");
  EXPECT_EQ(led("empty/x"), "empty");
  EXPECT_EQ(led("b/to-a/file"), "b/to-a") << "a link is not followed";
  EXPECT_EQ(led("module/x"), "module");
  EXPECT_EQ(led(""), "");
  for (const std::string_view bad : {"/a"sv, "a/"sv, "a//file"sv}) EXPECT_EQ(led(bad), "nothing") << bad;
  EXPECT_EQ(o.snapshot().find_prefix("run/x")->node.kind, entry_kind::executable);
  EXPECT_EQ(o.snapshot().find_prefix("nowhere")->node, *o.snapshot().find(""));
}

TEST_P(Image, LongPathsNormalised) {
  std::string path = "deep";
  for (int i = 0; i < s.kDeep; ++i) path += "//" + s.deep_name;
  EXPECT_EQ(o.snapshot().find(path)->kind, entry_kind::directory);
  EXPECT_EQ(o.content(path + "/end"), "deep\n");
  EXPECT_EQ(o.names(path), names{"end"});
  EXPECT_EQ(resolved(path + "/end"), "deep\n");
  EXPECT_FALSE(o.snapshot().find(path + "/" + s.deep_name));
  EXPECT_FALSE(o.snapshot().find(std::string(100'000, 'x')));
  EXPECT_FALSE(o.snapshot().find(std::string(100'000, '/') + "x"));
  EXPECT_TRUE(o.snapshot().find(std::string(100'000, '/') + "a"));
}

TEST_P(Image, KindsOfNodes) {
  EXPECT_EQ(o.snapshot().find("link")->kind, entry_kind::symlink);
  EXPECT_EQ(o.content("link"), "a/file") << "find() does not follow";
  const auto module = o.snapshot().find("module");
  ASSERT_TRUE(module);
  EXPECT_EQ(module->kind, entry_kind::submodule);
  EXPECT_EQ(*o.snapshot().id(*module), s.submodule);
  EXPECT_EQ(o.reader().size(*module).value(), 0u);
  EXPECT_EQ(o.reader().read(*module, {}).error().code, errc::wrong_kind);
  EXPECT_EQ(o.reader().open(*module).error().code, errc::wrong_kind);
  EXPECT_EQ(o.reader().open(*o.snapshot().find("a")).error().code, errc::wrong_kind);
  EXPECT_EQ(object_id(hash_kind::sha1, object_type::tree, as_bytes(o.content("a"))),
            *o.snapshot().id(*o.snapshot().find("a")))
      << "a directory is read as its tree";
}

TEST_P(Image, ListsInGitsOrder) {
  EXPECT_EQ(o.names("a"), (names{"file", "up"}));
  EXPECT_EQ(o.names("/a/"), (names{"file", "up"}));
  EXPECT_EQ(o.names("empty"), names{});
  EXPECT_EQ(o.names("odd"), (names{" ", "new\nline", "\xff\xfe"}));
  EXPECT_EQ(o.names(""),
            (names{"a/",         "a0",         "absolute", "b/",   "chain", "climbs",       "dangling",   "deep/",
                   "empty-file", "empty-link", "empty/",   "here", "link",  "link-dir",     "link-slash", "module",
                   "odd/",       "ping",       "pong",     "run",  "self",  "through-file", "top"}));
  EXPECT_EQ(o.snapshot().list("top").error().code, errc::wrong_kind);
  EXPECT_EQ(o.snapshot().list("link-dir").error().code, errc::wrong_kind) << "links are not followed";
  EXPECT_EQ(o.snapshot().list("module").error().code, errc::wrong_kind);
  EXPECT_EQ(o.snapshot().list("nowhere").error().code, errc::not_found);
}

TEST_P(Image, ListsTheWholeTree) {
  const names all = o.names("", snapshot::depth::all);
  // Each name once, parents first, with the node that find() returns.
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  for (const std::string& name : all) EXPECT_TRUE(o.snapshot().find(name)) << name;
  for (const auto& [path, content] : s.files) EXPECT_NE(std::ranges::find(all, path), all.end()) << path;
  EXPECT_EQ(all.size(), o.snapshot().tree().size() - 1) << "all but the root itself";
  EXPECT_EQ(all[0], "a/");
  EXPECT_EQ(all[1], "a/file");
  EXPECT_EQ(all[2], "a/up");
  EXPECT_EQ(all[3], "a0");
  EXPECT_EQ(o.names("b", snapshot::depth::all), (names{"loop", "to-a"}));
}

TEST_P(Image, AListKeepsItsPlaceWhileOthersGoOn) {
  auto first = o.snapshot().list("");
  EXPECT_EQ(first->next()->name, "a");
  auto second = o.snapshot().list("");
  EXPECT_EQ(second->next()->name, "a");
  EXPECT_EQ(first->next()->name, "a0");
  EXPECT_EQ(second->next()->name, "a0");
}

TEST_P(Image, ResolvesLinks) {
  EXPECT_EQ(resolved("link"), "in a\n");
  EXPECT_EQ(resolved("link-dir/file"), "in a\n");
  EXPECT_EQ(resolved("b/to-a/file"), "in a\n");
  EXPECT_EQ(resolved("b/to-a/up"), "on top\n");
  EXPECT_EQ(resolved("chain"), "on top\n");
  EXPECT_EQ(resolved("here/here/./here/top"), "on top\n");
  EXPECT_EQ(resolved("a/../top"), "on top\n");
  EXPECT_EQ(resolved("b/to-a/../top"), "on top\n") << ".. is the link's target's parent";
  EXPECT_EQ(resolved("./a/./file"), "in a\n");
  EXPECT_EQ(resolved("/a//file"), "in a\n");
  EXPECT_EQ(o.reader().resolve(o.snapshot(), "")->kind, entry_kind::directory);
  EXPECT_EQ(*o.reader().resolve(o.snapshot(), "here"), *o.snapshot().find(""));
  EXPECT_EQ(*o.reader().resolve(o.snapshot(), "a/.."), *o.snapshot().find(""));
  EXPECT_EQ(*o.reader().resolve(o.snapshot(), "link-dir"), *o.snapshot().find("a"));
  EXPECT_EQ(*o.reader().resolve(o.snapshot(), "link-dir/"), *o.snapshot().find("a"));
  EXPECT_EQ(*o.reader().resolve(o.snapshot(), "module/"), *o.snapshot().find("module"));
  EXPECT_EQ(o.reader().resolve(o.snapshot(), "module")->kind, entry_kind::submodule);
  for (const auto& [path, content] : s.files) EXPECT_EQ(resolved(path), content) << path;
}

TEST_P(Image, RefusesLinksThatLeadNowhere) {
  EXPECT_EQ(resolve_error("dangling"), errc::not_found);
  EXPECT_EQ(resolve_error("absolute"), errc::not_found);
  EXPECT_EQ(resolve_error("climbs"), errc::not_found);
  EXPECT_EQ(resolve_error("empty-link"), errc::not_found);
  EXPECT_EQ(resolve_error(".."), errc::not_found);
  EXPECT_EQ(resolve_error("a/../.."), errc::not_found);
  EXPECT_EQ(resolve_error("here/.."), errc::not_found);
  EXPECT_EQ(resolve_error("self"), errc::symlink_loop);
  EXPECT_EQ(resolve_error("ping"), errc::symlink_loop);
  EXPECT_EQ(resolve_error("b/loop"), errc::symlink_loop);
  EXPECT_EQ(resolve_error("through-file"), errc::wrong_kind);
  for (const std::string_view path : {"top/"sv, "a/file//"sv, "link/"sv, "chain/"sv, "link-slash"sv, "/run/"sv})
    EXPECT_EQ(resolve_error(path), errc::wrong_kind) << path;
  EXPECT_EQ(resolve_error("top/x"), errc::wrong_kind);
  EXPECT_EQ(resolve_error("top/.."), errc::wrong_kind);
  EXPECT_EQ(resolve_error("top/."), errc::wrong_kind);
  EXPECT_EQ(resolve_error("module/x"), errc::wrong_kind);
  EXPECT_EQ(resolve_error("nowhere/.."), errc::not_found);
}

TEST_P(Image, FollowsAsManyLinksAsTheLimitSays) {
  image_maker m;
  const oid end = m.add_blob("end");
  const oid here = m.add_blob(".");
  const oid commit = m.add(object_type::commit,
                           commit_text(m.add_tree(tree_text().add("100644", "end", end).add("120000", "h", here))));
  opened other(image_of(m, commit), mapped());
  std::string path;
  for (int i = 0; i < 40; ++i) path += "h/";
  EXPECT_TRUE(other.reader().resolve(other.snapshot(), path + "end"));
  EXPECT_EQ(other.reader().resolve(other.snapshot(), path + "h/end").error().code, errc::symlink_loop);
}

TEST_P(Image, ReadsOnlyIntoRoomOfTheRightSize) {
  const auto n = o.snapshot().find("a/file");
  buffer small(4);
  buffer large(6);
  EXPECT_FALSE(o.reader().read(*n, small));
  EXPECT_FALSE(o.reader().read(*n, large));
}

TEST_P(Image, GivesZlibStreamsOfWholeBlobs) {
  for (const auto& [path, content] : s.files) {
    const auto z = o.reader().zlib_stream(*o.snapshot().find(path));
    ASSERT_TRUE(z) << path;
    buffer out(content.size());
    auto inflate = inflater::make();
    EXPECT_EQ(inflate->inflate(bytes(raw).subspan(z->offset, z->size), out, 0).value(), z->size) << "exactly";
    EXPECT_EQ(as_text(out), content);
  }
  EXPECT_EQ(o.reader().zlib_stream(*o.snapshot().find("a")).error().code, errc::wrong_kind);
}

TEST_P(Image, OpensWithoutASectionTableAndOnALargerDevice) {
  for (const std::size_t tail : {0u, 512u, 100'000u}) {
    opened other(s.maker.image(s.commit, image_maker::sections::none, tail), mapped());
    EXPECT_FALSE(other.image().sections());
    EXPECT_EQ(other.names("", snapshot::depth::all), o.names("", snapshot::depth::all));
    for (const auto& [path, content] : s.files) EXPECT_EQ(other.content(path), content);
  }
}

TEST_P(Image, StaysItselfWhenMoved) {
  counting_memory mem;
  copying_device disk(raw);
  auto first = image::attach(mapped() ? memory_device(raw) : disk.handle(), mem.handle());
  ASSERT_TRUE(first);
  const image second = std::move(*first);
  auto paths = snapshot::attach(second);
  ASSERT_TRUE(paths);
  const snapshot moved = std::move(*paths);
  EXPECT_EQ(moved.commit().author.name, "A U Thor");
  EXPECT_TRUE(moved.find("a/file"));
  EXPECT_EQ(mem.used(), second.memory_used() + moved.memory_used()) << "nothing else is allocated";
}

TEST_P(Image, DeltasOfBothKindsInAnyPlace) {
  image_maker m;
  std::string text = prose(5000, 1);
  tree_text tree;
  oid last = object_id(hash_kind::sha1, object_type::blob, as_bytes(text));
  std::vector<std::string> versions;
  // A chain whose base comes last in the PACK.
  for (int i = 0; i < 50; ++i) {
    const std::string next = text + "v" + std::to_string(100 + i);
    const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(next));
    m.add_ref_delta(id, last,
                    delta_text(text.size(), next.size())
                        .copy(0, static_cast<std::uint32_t>(text.size()))
                        .insert(next.substr(text.size()))
                        .view());
    tree.add("100644", "v" + std::to_string(100 + i), id);
    versions.push_back(next);
    text = next;
    last = id;
  }
  const oid commit = m.add(object_type::commit, commit_text(m.add_tree(tree)));
  m.add_blob(prose(5000, 1));
  for (const limits& bounds : {limits{}, [] {
                                 limits l;
                                 l.delta_depth = 50;
                                 return l;
                               }()}) {
    opened other(m.image(commit), mapped(), bounds);
    const auto read_all = [&] {
      for (int i = 49; i >= 0; --i)
        EXPECT_TRUE(other.content("v" + std::to_string(100 + i)) == versions[static_cast<std::size_t>(i)]) << i;
    };
    read_all();
    const std::size_t taken = other.mem.allocations();
    read_all();
    EXPECT_EQ(other.mem.allocations(), taken) << "reading allocates nothing once it has its buffers";
  }
  limits short_chains;
  short_chains.delta_depth = 49;
  opened other(m.image(commit), mapped(), short_chains);
  EXPECT_EQ(other.reader().objects().info(other.image().offset(*other.snapshot().find("v149"))).error().code,
            errc::too_large);
  buffer out(versions[49].size());
  EXPECT_EQ(other.reader().read(*other.snapshot().find("v149"), out).error().code, errc::too_large);
  EXPECT_TRUE(other.content("v148") == versions[48]);
}

TEST_P(Image, EachLimitIsKept) {
  const bool trees = !GetParam().section;  // the path section's reader reads no trees
  copying_device disk(raw);
  const device d = mapped() ? memory_device(raw) : disk.handle();
  const auto code = [&](auto change) {
    limits l;
    change(l);
    counting_memory mem;
    const auto i = attach(d, mem.handle(), l);
    return i ? errc::not_found : i.error().code;
  };
  const std::uint32_t objects = o.image().index().count();
  const std::uint32_t paths = o.snapshot().tree().size();
  EXPECT_EQ(code([&](limits& l) { l.objects = objects; }), errc::not_found);
  EXPECT_EQ(code([&](limits& l) { l.objects = objects - 1; }), errc::too_large);
  EXPECT_EQ(code([&](limits& l) { l.paths = paths; }), errc::not_found);
  EXPECT_EQ(code([&](limits& l) { l.paths = paths - 1; }), errc::too_large);
  EXPECT_EQ(code([&](limits& l) { l.tree_depth = 22; }), errc::not_found);
  EXPECT_EQ(code([&](limits& l) { l.tree_depth = 21; }), trees ? errc::too_large : errc::not_found);
  const std::uint32_t longest = 4 + 20 * 201 + 4;
  EXPECT_EQ(code([&](limits& l) { l.path_bytes = longest; }), errc::not_found);
  EXPECT_EQ(code([&](limits& l) { l.path_bytes = longest - 1; }), errc::too_large);
  EXPECT_EQ(code([&](limits& l) { l.object_bytes = 100; }), errc::too_large);
}

}  // namespace
}  // namespace docteur
