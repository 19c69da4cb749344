// Chains of deltas whose objects are large for the cache: where each of them is while the next one is built.
#include "reader/object_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "pack/delta.hpp"
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
    EXPECT_TRUE(as_text(out) == texts[i]) << i;
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
    constexpr std::size_t kRest = 145'000;  // the cache's table, the windows, a stream for first bytes, small blocks
    EXPECT_LT(mem.peak(), kCache + kLargest + base_entry + last * kLargest / 20 + kRest) << last;
    EXPECT_TRUE(mem.sizes_match());
  }
}

// An image whose file "v100" is one delta, with an entry made by hand.
class DeltaSize : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::size_t kSize = 40'000;
  // A delta of literals, longer than what is inflated whole for its size.
  static buffer literals(std::uint64_t size = kSize) {
    const std::string text = prose(kSize, 2);
    delta_text delta(4, size);
    for (std::size_t at = 0; at < text.size(); at += 127) delta.insert(std::string_view(text).substr(at, 127));
    return {delta.view().begin(), delta.view().end()};
  }
  struct outcome_of {
    result<std::uint64_t> size;
    result<done> read;
  };
  // `claim`: bytes of the delta, according to the entry's header.
  outcome_of try_entry(bytes stream, std::uint64_t claim) {
    image_maker m;
    const oid base = m.add_blob("base");
    const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(prose(kSize, 2)));
    entry_header h{};
    h.type = entry_type::ofs_delta;
    h.size = claim;
    h.base_offset = m.offset(base);
    m.add_entry(id, h, stream);
    tree_text tree;
    tree.add("100644", "v100", id);
    opened o(m.image(m.add(object_type::commit, commit_text(m.add_tree(tree)))), GetParam());
    const node n = *o.snapshot().find("v100");
    const auto size = o.reader().size(n);
    EXPECT_EQ(size.has_value(), o.reader().size(n).has_value()) << "asked again";
    buffer out(kSize);
    return {size, o.reader().read(n, out)};
  }
};
INSTANTIATE_TEST_SUITE_P(, DeltaSize, testing::Bool(),
                         [](const auto& which) { return std::string(which.param ? "Mapped" : "Copying"); });

TEST_P(DeltaSize, OfALongDeltaIsInItsFirstBytes) {
  const buffer delta = literals();
  buffer stream = deflated(delta);
  const auto good = try_entry(stream, delta.size());
  EXPECT_EQ(good.size.value(), kSize);
  EXPECT_TRUE(good.read);
  stream[stream.size() - 3] ^= std::byte{1};  // in its Adler-32
  const auto damaged = try_entry(stream, delta.size());
  EXPECT_EQ(damaged.size.value(), kSize);
  EXPECT_EQ(damaged.read.error().code, errc::malformed);
}

TEST_P(DeltaSize, IsFoundBehindAnyNumberOfEmptyBlocks) {
  const buffer delta = literals();
  const buffer stream = deflated(delta);
  for (const int blocks : {1, 1000, 20'000}) {
    buffer padded(stream.begin(), stream.begin() + 2);
    for (int i = 0; i < blocks; ++i) append(padded, as_bytes(std::string_view("\0\0\0\xff\xff", 5)));
    padded.insert(padded.end(), stream.begin() + 2, stream.end());
    const auto seen = try_entry(padded, delta.size());
    ASSERT_TRUE(seen.size) << blocks << ": " << seen.size.error().what;
    EXPECT_EQ(*seen.size, kSize) << blocks;
    EXPECT_TRUE(seen.read) << blocks;
  }
}

TEST_P(DeltaSize, OfAStreamThatEndsIsRefused) {
  const buffer delta = literals();
  for (const std::size_t n : {0u, 1u, 2u, 10u, 19u, 20u}) {
    const auto seen = try_entry(deflated(bytes(delta).first(n)), delta.size());
    EXPECT_EQ(seen.read.error().code, errc::malformed) << n;
    if (n < kMaxDeltaHeader) {
      EXPECT_EQ(seen.size.error().code, errc::malformed) << n;
    }
  }
  const buffer stream = deflated(delta);
  for (const std::size_t n : {0u, 1u, 2u, 3u, 30u}) {
    const buffer cut(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_FALSE(try_entry(cut, delta.size()).size) << n;
  }
}

TEST_P(DeltaSize, OverSixtyFourBitsOrTheLimitIsRefused) {
  buffer delta(3000, std::byte{0xff});
  EXPECT_EQ(try_entry(deflated(delta), delta.size()).size.error().code, errc::malformed);
  delta = literals();
  EXPECT_EQ(try_entry(deflated(delta), limits{}.object_bytes + 1).size.error().code, errc::too_large);
  EXPECT_FALSE(try_entry(deflated(delta), delta.size() - 1).read) << "longer than its entry says";
}

TEST_P(DeltaSize, OfEachLengthIsRight) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1} << 20, ~std::uint64_t{0}}) {
    const buffer delta = literals(size);
    const auto seen = try_entry(deflated(delta), delta.size());
    EXPECT_EQ(seen.size.value(), size);
    EXPECT_FALSE(seen.read);
  }
}

}  // namespace
}  // namespace docteur
