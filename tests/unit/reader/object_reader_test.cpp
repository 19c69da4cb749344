// Chains of deltas whose objects are large for the cache: where each of them is while the next one is built.
#include "reader/object_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "support/opened.hpp"

namespace docteur {
namespace {

// Objects of these sizes, each a delta of the one before: that one's first bytes, then others.
class ObjectReader : public testing::TestWithParam<bool> {
 protected:
  void add_chain(std::initializer_list<std::size_t> sizes) {
    for (const std::size_t size : sizes) {
      std::string text = prose(size, static_cast<unsigned>(texts.size() + 1));
      if (ids.empty()) {
        ids.push_back(maker.add_blob(text));
      } else {
        const std::string& base = texts.back();
        const std::size_t kept = std::min(base.size(), size) * 19 / 20;
        text.replace(0, kept, base, 0, kept);
        delta_text delta(base.size(), size);
        for (std::size_t at = 0; at < kept; at += 50'000)
          delta.copy(static_cast<std::uint32_t>(at),
                     static_cast<std::uint32_t>(std::min<std::size_t>(50'000, kept - at)));
        for (std::size_t at = kept; at < size; at += 127) delta.insert(std::string_view(text).substr(at, 127));
        const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(text));
        maker.add_ofs_delta(id, ids.back(), delta.view());
        ids.push_back(id);
      }
      texts.push_back(std::move(text));
    }
  }
  buffer image() {
    tree_text tree;
    for (std::size_t i = 0; i < ids.size(); ++i) tree.add("100644", "v" + std::to_string(100 + i), ids[i]);
    return maker.image(maker.add(object_type::commit, commit_text(maker.add_tree(tree))));
  }
  void expect(docteur::image_reader& reader, const docteur::snapshot& of, std::size_t i) {
    const node n = *of.find("v" + std::to_string(100 + i));
    buffer out(*reader.size(n));
    const auto read = reader.read(n, out);
    ASSERT_TRUE(read) << i << ": " << read.error().what;
    EXPECT_TRUE(std::ranges::equal(out, as_bytes(texts[i]))) << i;
  }

  image_maker maker;
  std::vector<std::string> texts;
  std::vector<oid> ids;
};
INSTANTIATE_TEST_SUITE_P(, ObjectReader, testing::Bool(),
                         [](const auto& which) { return std::string(which.param ? "Mapped" : "Copying"); });

TEST_P(ObjectReader, ChainsOfAllSizesWithCachesOfAllSizes) {
  add_chain({90'000, 3000, 120'000, 110'000, 100, 0, 130'000, 125'000, 126'000, 100'000, 61'000, 200'000});
  const buffer raw = image();
  opened o(raw, GetParam());
  std::mt19937 dice(7);
  for (const std::uint64_t cache : {0u, 1000u, 70'000u, 130'000u, 250'000u, 500'000u, 4'000'000u}) {
    auto reader = image_reader::make(o.image(), o.mem.handle(), cache);
    for (int i = 0; i < 300; ++i) expect(*reader, o.snapshot(), dice() % texts.size());
    for (std::size_t i = texts.size(); i-- > 0;) expect(*reader, o.snapshot(), i);
  }
}

// Of three large objects below a small one, only one has memory outside the cache, whatever their sizes.
TEST_P(ObjectReader, OneLargeObjectBesideTheCacheAtMost) {
  constexpr std::size_t kLargest = 300'000;
  constexpr std::uint64_t kCache = 400'000;
  add_chain({kLargest - 2000, kLargest, kLargest - 1000, kLargest - 3000, 5000, 4000});
  const std::size_t base_entry = deflated(as_bytes(texts[0])).size();
  const buffer raw = image();
  opened o(raw, GetParam());
  for (std::size_t last = 1; last < texts.size(); ++last) {
    counting_memory mem;
    auto reader = image_reader::make(o.image(), mem.handle(), kCache, 16 << 10);
    expect(*reader, o.snapshot(), texts.size() - 1);  // allocates the cache's memory
    expect(*reader, o.snapshot(), last);
    constexpr std::size_t kRest = 100'000;  // the cache's table, the windows, and small blocks
    EXPECT_LT(mem.peak(), kCache + kLargest + base_entry + last * kLargest / 20 + kRest) << last;
    EXPECT_TRUE(mem.sizes_match());
  }
}

}  // namespace
}  // namespace docteur
