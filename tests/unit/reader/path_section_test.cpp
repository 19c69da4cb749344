#include "reader/path_section_reader.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <set>

#include "builder/path_section_writer.hpp"
#include "layout/path_section.hpp"
#include "reader/image.hpp"
#include "support/guest.hpp"
#include "support/image_maker.hpp"
#include "support/tree_keys.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kObjects = 1000;

struct told {
  std::string path;
  entry_kind kind;
  std::uint32_t position;  // for a submodule: the number of submodules before it
};

// Returns the paths of a section whose checksum is made right, or the first error.
result<std::vector<told>> read(const buffer& content, bool mapped, const limits& bounds = {},
                               std::size_t failing = kNever) {
  counting_memory mem;
  mem.fail_at(failing);
  buffer disk(512);  // the section does not begin at the start of the device
  append(disk, content);
  copying_device copying(disk);
  const std::uint32_t crc = libdeflate_crc32(0, content.data(), content.size());
  const section where{section_type::paths, crc, 512, content.size()};
  std::vector<told> all;
  {
    path_tree_builder builder(mem.handle());
    oid_list submodules(mem.handle(), hash_kind::sha1);
    DOCTEUR_CHECK(read_path_section(mapped ? memory_device(disk) : copying.handle(), where, kObjects, mem.handle(),
                                    bounds, builder, submodules));
    DOCTEUR_TRY(tree, builder.finish());
    for (const tree_key& k : keys_of(tree)) {
      EXPECT_EQ(k.node.kind == entry_kind::directory, k.is_directory);
      all.push_back({k.key, k.node.kind, k.node.position});
    }
    EXPECT_EQ(all.size(), tree.size());
  }
  EXPECT_EQ(mem.blocks(), 0u);
  EXPECT_TRUE(copying.stayed_inside());
  return all;
}

buffer sample() {
  path_section_writer w(kObjects);
  w.add("", entry_kind::directory, 999);
  w.add("a", entry_kind::directory, 1);
  w.add("a/b", entry_kind::file, 2);
  w.add("a/c", entry_kind::directory, 3);
  w.add("a/c/" + std::string(300, 'x'), entry_kind::executable, 4);
  w.add("a/c/\xff\n", entry_kind::symlink, 5);
  w.add_submodule("m", object_id(hash_kind::sha1, object_type::commit, as_bytes("1")));
  w.add_submodule("n", object_id(hash_kind::sha1, object_type::commit, as_bytes("2")));
  return w.finish();
}

// A section of one block, record by record, without regard to the rules.
class section_text {
 public:
  section_text& path(std::uint32_t shared, std::string_view tail, entry_kind kind, std::uint32_t position) {
    return raw(shared, static_cast<std::uint32_t>(tail.size() << kPathKindBits) | static_cast<std::uint32_t>(kind),
               tail, position);
  }
  section_text& raw(std::uint32_t shared, std::uint32_t size_and_kind, std::string_view tail, std::uint32_t position) {
    number(shared);
    number(size_and_kind);
    text_ += tail;
    std::array<std::byte, 2> p;
    store_le(p.data(), static_cast<std::uint16_t>(position));
    append(positions_, p);
    ++paths_;
    return *this;
  }
  [[nodiscard]] buffer finish(std::uint32_t submodules = 0) const {
    const buffer packed = deflated(as_bytes(records_ + text_));
    buffer out(kPathSectionHeader + kPathBlockHeader);
    store_le(out.data(), paths_);
    store_le(out.data() + 4, submodules);
    store_le(out.data() + 8, std::uint32_t{2});
    encode_path_block(out.data() + kPathSectionHeader, {paths_, static_cast<std::uint32_t>(packed.size()),
                                                        static_cast<std::uint32_t>(records_.size() + text_.size()),
                                                        static_cast<std::uint32_t>(records_.size())});
    append(out, packed);
    append(out, positions_);
    out.resize(out.size() + submodules * id_size(hash_kind::sha1));
    return out;
  }

 private:
  void number(std::uint32_t v) {
    for (; v >= 0x80; v >>= 7) records_ += static_cast<char>(v | 0x80);
    records_ += static_cast<char>(v);
  }
  std::string records_;
  std::string text_;
  buffer positions_;
  std::uint32_t paths_ = 0;
};

section_text root() { return section_text().path(0, "", entry_kind::directory, 0); }

class PathSection : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, PathSection, testing::Bool(),
                         [](const auto& which) { return which.param ? "Mapped" : "Copying"; });

TEST_P(PathSection, TellsWhatWasWritten) {
  const auto all = read(sample(), GetParam());
  ASSERT_TRUE(all) << all.error().what;
  ASSERT_EQ(all->size(), 8u);
  EXPECT_EQ((*all)[0].path, "");
  EXPECT_EQ((*all)[0].position, 999u);
  EXPECT_EQ((*all)[1].path, "a/");
  EXPECT_EQ((*all)[2].path, "a/b");
  EXPECT_EQ((*all)[2].kind, entry_kind::file);
  EXPECT_EQ((*all)[4].path, "a/c/" + std::string(300, 'x'));
  EXPECT_EQ((*all)[4].kind, entry_kind::executable);
  EXPECT_EQ((*all)[5].path, "a/c/\xff\n");
  EXPECT_EQ((*all)[7].kind, entry_kind::submodule);
  EXPECT_EQ((*all)[7].position, 1u);
}

TEST_P(PathSection, SeveralBlocks) {
  path_section_writer w(kObjects);
  w.add("", entry_kind::directory, 0);
  std::vector<std::string> paths;
  for (int i = 0; i < 30'000; ++i) paths.push_back("f" + std::to_string(100'000 + i));
  for (int i = 0; i < 200; ++i) paths.push_back("g" + std::to_string(1000 + i) + std::string(4000, 'g'));
  for (std::size_t i = 0; i < paths.size(); ++i)
    w.add(paths[i], entry_kind::file, static_cast<std::uint32_t>(i % kObjects));
  const auto all = read(w.finish(), GetParam());
  ASSERT_TRUE(all) << all.error().what;
  ASSERT_EQ(all->size(), paths.size() + 1);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    ASSERT_EQ((*all)[i + 1].path, paths[i]);
    ASSERT_EQ((*all)[i + 1].position, i % kObjects);
  }
}

TEST_P(PathSection, RefusesEveryPrefix) {
  const buffer whole = sample();
  for (std::size_t n = 0; n < whole.size(); ++n)
    EXPECT_FALSE(read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)}, GetParam())) << n;
}

TEST_P(PathSection, RefusesEveryBitFlip) {
  buffer raw = sample();
  const std::uint32_t crc = libdeflate_crc32(0, raw.data(), raw.size());
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    counting_memory mem;
    copying_device copying(raw);
    path_tree_builder builder(mem.handle());
    oid_list submodules(mem.handle(), hash_kind::sha1);
    EXPECT_FALSE(read_path_section(GetParam() ? memory_device(raw) : copying.handle(),
                                   {section_type::paths, crc, 0, raw.size()}, kObjects, mem.handle(), {}, builder,
                                   submodules))
        << bit;
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
  }
}

// With the right checksum: an error, or at least paths whose directories exist.
TEST_P(PathSection, EveryResealedBitFlipStaysInside) {
  buffer raw = sample();
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    if (const auto all = read(raw, GetParam())) {
      std::set<std::string> directories;
      for (const told& t : *all) {
        if (t.path.empty() || t.path.ends_with('/')) directories.insert(t.path);
        std::string path = t.path;
        if (path.ends_with('/')) path.pop_back();
        const std::size_t slash = path.rfind('/');
        EXPECT_TRUE(directories.contains(slash == std::string::npos ? "" : path.substr(0, slash + 1))) << t.path;
        EXPECT_TRUE(t.kind == entry_kind::submodule || t.position < kObjects);
      }
    }
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
  }
}

TEST_P(PathSection, RefusesWhatIsNoTree) {
  const auto refused = [&](const section_text& text, std::uint32_t submodules = 0) {
    return !read(text.finish(submodules), GetParam());
  };
  using k = entry_kind;
  EXPECT_FALSE(refused(root().path(0, "a", k::file, 1)));
  EXPECT_TRUE(refused(section_text().path(0, "a", k::file, 1))) << "no root";
  EXPECT_TRUE(refused(section_text().path(0, "", k::file, 1))) << "the root is a file";
  EXPECT_TRUE(refused(section_text().path(1, "", k::directory, 1)));
  EXPECT_TRUE(refused(root().path(0, "", k::directory, 0))) << "the root twice";
  EXPECT_TRUE(refused(root().path(0, "a", k::file, 1).path(1, "", k::file, 1))) << "a name twice";
  EXPECT_TRUE(refused(root().path(0, "a", k::file, 1).path(1, "/", k::directory, 1))) << "file and directory";
  EXPECT_TRUE(refused(root().path(0, "a", k::file, 1).path(1, "-", k::file, 1).path(1, "/", k::directory, 1)));
  EXPECT_TRUE(refused(root().path(0, "b", k::file, 1).path(0, "a", k::file, 1))) << "order";
  EXPECT_TRUE(refused(root().path(0, "ab", k::file, 1).path(0, "ac", k::file, 1)))
      << "shares more than the record claims";
  EXPECT_TRUE(refused(root().path(0, "ab", k::file, 1).path(3, "c", k::file, 1)))
      << "claims to share more than there is";
  EXPECT_TRUE(refused(root().path(0, "a", k::directory, 1))) << "a directory's key without its '/'";
  EXPECT_TRUE(refused(root().path(0, "/", k::directory, 1)));
  EXPECT_FALSE(refused(root().path(0, ".gitmodules", k::file, 1)));
  EXPECT_TRUE(refused(root().path(0, ".gitmodules", k::symlink, 1)));
  EXPECT_TRUE(refused(root().path(0, "GITMOD~1/", k::directory, 1)));
  EXPECT_TRUE(refused(root().path(0, "a\\gi7eba~1", k::symlink, 1)));
  EXPECT_TRUE(refused(root().path(0, "a/", k::file, 1)));
  EXPECT_TRUE(refused(root().path(0, "a/b", k::file, 1))) << "in a directory that does not exist";
  EXPECT_TRUE(refused(root().path(0, "a", k::file, 1).path(1, "/b", k::file, 1))) << "below a file";
  EXPECT_TRUE(refused(root().path(0, "a/", k::directory, 1).path(2, "b/c", k::file, 1)));
  EXPECT_TRUE(refused(root().path(0, "a/", k::directory, 1).path(2, "/", k::directory, 1)));
  EXPECT_TRUE(refused(root().path(0, "a//", k::directory, 1)));
  EXPECT_TRUE(refused(root().path(0, "a", k::file, kObjects))) << "position past the end of IDX";
  EXPECT_TRUE(refused(root().raw(0, 1 << kPathKindBits | 5, "a", 0))) << "unknown kind";
  EXPECT_TRUE(refused(root().raw(0, 1 << kPathKindBits | 7, "a", 0)));
  EXPECT_TRUE(refused(root().path(0, std::string_view("a\0b", 3), k::file, 1)));
  for (const std::string_view name : {".", "..", ".git", ".GIT", "git~1", ".git "}) {
    EXPECT_TRUE(refused(root().path(0, name, k::file, 1))) << name;
    EXPECT_TRUE(refused(root().path(0, std::string(name) + "/", k::directory, 1))) << name;
    EXPECT_TRUE(refused(root().path(0, "a/", k::directory, 1).path(2, name, k::file, 1))) << name;
  }
  // A bad name that shares its beginning with a good one.
  EXPECT_TRUE(refused(root().path(0, ".gis", k::file, 1).path(3, "t", k::file, 1)));
  EXPECT_TRUE(refused(root().path(0, ".-", k::file, 1).path(1, ".", k::file, 1)));
}

TEST_P(PathSection, CountsItsSubmodules) {
  using k = entry_kind;
  const auto accepted = [&](const section_text& text, std::uint32_t submodules) {
    return read(text.finish(submodules), GetParam()).has_value();
  };
  EXPECT_TRUE(accepted(root().path(0, "a", k::submodule, 0).path(0, "b", k::submodule, 1), 2));
  EXPECT_FALSE(accepted(root().path(0, "a", k::submodule, 0).path(0, "b", k::submodule, 1), 1));
  EXPECT_FALSE(accepted(root().path(0, "a", k::submodule, 0).path(0, "b", k::submodule, 1), 3));
  EXPECT_FALSE(accepted(root().path(0, "a", k::submodule, 1).path(0, "b", k::submodule, 0), 2));
  EXPECT_FALSE(accepted(root().path(0, "a", k::submodule, 0).path(0, "b", k::submodule, 0), 2));
}

TEST_P(PathSection, KeepsTheLimits) {
  limits l;
  l.paths = 8;
  EXPECT_TRUE(read(sample(), GetParam(), l));
  l.paths = 7;
  EXPECT_EQ(read(sample(), GetParam(), l).error().code, errc::too_large);
  l = {};
  l.path_bytes = 304;
  EXPECT_TRUE(read(sample(), GetParam(), l));
  l.path_bytes = 303;
  EXPECT_EQ(read(sample(), GetParam(), l).error().code, errc::too_large);
}

TEST_P(PathSection, SurvivesEveryFailingAllocation) {
  bool whole = false;
  for (std::size_t n = 0; !whole; ++n) {
    ASSERT_LT(n, 100u);
    const auto all = read(sample(), GetParam(), {}, n);
    whole = all.has_value();
    EXPECT_TRUE(whole || all.error().code == errc::out_of_memory) << n;
  }
}

}  // namespace
}  // namespace docteur
