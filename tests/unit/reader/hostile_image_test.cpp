// Damaged and hostile images: reading one returns an error or exactly the right bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "support/opened.hpp"

namespace docteur {
namespace {

using namespace std::string_view_literals;
using contents = std::map<std::string, std::string>;  // by path; submodules and links included

limits small_bounds() {
  limits l;
  l.streamed_blob = 400;
  l.object_bytes = 1 << 20;
  return l;
}

// Reads everything in an image. Each blob is checked against its id, and is read as a stream, too. Files that cannot be
// read are left out.
result<contents> read_all(const device& d, const memory& mem, bool& whole, paths_from source = paths_from::section) {
  whole = true;
  attached_image i;
  DOCTEUR_CHECK(i.attach(d, mem, {small_bounds(), source, 20'000}));
  image_reader& reader = i.reader();
  DOCTEUR_TRY(list, i.snapshot().list("", snapshot::depth::all));
  contents all;
  while (const auto e = list.next()) {
    const std::string path(e->name);
    EXPECT_TRUE(i.snapshot().find(path)) << path;
    (void)reader.resolve(i.snapshot(), path);
    if (e->node.kind == entry_kind::submodule) {
      all[path] = hex(*i.snapshot().id(e->node));
      continue;
    }
    const auto size = reader.size(e->node);
    if (!size) {
      whole = false;
      continue;
    }
    if (*size > 1u << 20) {  // a blob that is streamed may be of any size
      whole = false;
      continue;
    }
    std::string text(*size, '\0');
    const mutable_bytes out(reinterpret_cast<std::byte*>(text.data()), text.size());
    if (e->node.is_blob())
      (void)reader.read_range(e->node, 0, out);  // the content is not compared: this only looks for reads out of bounds
    if (reader.read(e->node, out)) {
      all[path] = text;
    } else {
      whole = false;
    }
  }
  return all;
}

// A small image with all representations of objects: both kinds of delta, a stored blob, one with restart points.
class HostileImage : public testing::Test {
 protected:
  HostileImage() {
    const std::string text = prose(300, 1);
    const oid base = maker.add_blob(text);
    const oid ofs = object_id(hash_kind::sha1, object_type::blob, as_bytes(text + "ofs"));
    maker.add_ofs_delta(ofs, base, delta_text(300, 303).copy(0, 300).insert("ofs").view());
    const oid ref = object_id(hash_kind::sha1, object_type::blob, as_bytes(text + "ofs+"));
    maker.add_ref_delta(ref, ofs, delta_text(303, 304).copy(0, 303).insert("+").view());
    tree_text below;
    below.add("100644", "base", base).add("100644", "ofs", ofs).add("100755", "ref", ref);
    tree_text root;
    root.add("120000", "link", maker.add_blob("sub/base"));
    root.add("160000", "module", ofs);
    root.add("100644", "restartable",
             maker.add(object_type::blob, std::string(40'000, 'r'), image_maker::form::restartable, 32768));
    root.add("100644", "stored", maker.add(object_type::blob, noise(410, 1), image_maker::form::stored));
    root.add("40000", "sub", maker.add_tree(below));
    commit = maker.add(object_type::commit, commit_text(maker.add_tree(root)));
    raw = image_with_paths(maker, commit, small_bounds());
    bool whole = false;
    good = read_all(memory_device(raw), mem.handle(), whole).value();
    EXPECT_TRUE(whole);
    EXPECT_EQ(good.size(), 8u);
  }

  // Both kinds of device, paths by section and by trees.
  static constexpr unsigned kAllWays = 0b1111;

  // Reads in some of the four ways, and expects the content of the good image in everything that could be read.
  void expect_error_or_right(const buffer& image, const std::string& what, unsigned ways = kAllWays) {
    copying_device copying(image);
    const buffer exact(image);
    for (unsigned way = 0; way < 4; ++way) {
      if ((ways & 1u << way) == 0) continue;
      const device d = way % 2 == 0 ? memory_device(exact) : copying.handle();
      bool whole = false;
      const auto got = read_all(d, mem.handle(), whole, way / 2 == 0 ? paths_from::section : paths_from::trees);
      if (!got) continue;
      for (const auto& [path, content] : *got) {
        const auto expected = good.find(path);
        ASSERT_NE(expected, good.end()) << what << ": " << path;
        ASSERT_TRUE(content == expected->second) << what << ": " << path;
      }
    }
    ASSERT_TRUE(copying.stayed_inside()) << what;
    ASSERT_EQ(mem.blocks(), 0u) << what;
  }

  counting_memory mem;
  image_maker maker;
  oid commit;
  buffer raw;
  contents good;
};

TEST_F(HostileImage, EveryPrefix) {
  for (std::size_t n = 0; n < raw.size(); ++n)
    expect_error_or_right({raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(n)}, "prefix " + std::to_string(n));
}

TEST_F(HostileImage, EveryBitFlip) {
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    // Two ways for each bit are enough: the other two are used for the neighbouring bits.
    expect_error_or_right(raw, "bit " + std::to_string(bit), bit % 2 == 0 ? 0b1001 : 0b0110);
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
  }
}

TEST_F(HostileImage, EveryBlockOfZeros) {
  for (std::size_t at = 0; at < raw.size(); at += 64) {
    buffer damaged = raw;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(64, raw.size() - at),
                std::byte{0});
    expect_error_or_right(damaged, "zeros at " + std::to_string(at));
  }
}

TEST_F(HostileImage, EveryFailingAllocation) {
  copying_device copying(raw);
  for (unsigned way = 0; way < 4; ++way) {
    const device d = way % 2 == 0 ? memory_device(raw) : copying.handle();
    const paths_from source = way / 2 == 0 ? paths_from::section : paths_from::trees;
    for (const bool all_later : {false, true}) {
      bool whole = false;
      for (std::size_t n = 0; !whole; ++n) {
        ASSERT_LT(n, 2000u);
        mem.fail_at(n, all_later);
        const auto got = read_all(d, mem.handle(), whole, source);
        whole = whole && got.has_value() && mem.allocations() <= n;
        if (!got) {
          EXPECT_EQ(got.error().code, errc::out_of_memory) << n;
        } else {
          for (const auto& [path, content] : *got) ASSERT_TRUE(content == good.at(path)) << n;
        }
        ASSERT_EQ(mem.blocks(), 0u) << n;
        ASSERT_TRUE(mem.sizes_match()) << n;
      }
    }
  }
}

TEST_F(HostileImage, EveryFailingDeviceRead) {
  copying_device copying(raw);
  for (const paths_from source : {paths_from::section, paths_from::trees}) {
    bool whole = false;
    for (std::size_t n = 0; !whole || copying.reads() > n; ++n) {
      ASSERT_LT(n, 2000u);
      copying.fail_at(n);
      const auto got = read_all(copying.handle(), mem.handle(), whole, source);
      if (!got) {
        EXPECT_EQ(got.error().code, errc::io) << n;
      } else {
        for (const auto& [path, content] : *got) ASSERT_TRUE(content == good.at(path)) << n;
      }
      ASSERT_EQ(mem.blocks(), 0u) << n;
    }
  }
}

}  // namespace
}  // namespace docteur
