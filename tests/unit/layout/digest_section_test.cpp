#include "layout/digest_section.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <functional>
#include <string>

#include "support/digested.hpp"
#include "support/noise.hpp"

namespace docteur {
namespace {

using buffer = std::vector<std::byte>;

// An image of three blocks and a half; its section lies across the end of the first block.
constexpr std::size_t kSize = 3 * 65536 + 32768;
constexpr std::uint64_t kAt = 65536 - 64;

struct sample {
  buffer image = buffer(kSize);
  buffer section;

  sample() {
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::byte>(i * i >> 7);
    section = section_for(image, kAt);
    std::ranges::copy(section, image.begin() + kAt);
  }
  [[nodiscard]] bytes block(std::size_t i) const {
    return bytes(image).subspan(i * kDigestBlock, std::min<std::size_t>(kDigestBlock, kSize - i * kDigestBlock));
  }
};

// Returns the error of decoding after `change`, with the checksum made anew.
errc code(const std::function<void(buffer&)>& change, std::uint64_t at = kAt) {
  buffer section = sample().section;
  change(section);
  if (section.size() >= 4) {
    const std::size_t end = section.size() - 4;
    store_le(section.data() + end, libdeflate_crc32(0, section.data(), end));
  }
  const auto view = digest_view::decode(section, at);
  return view ? errc::not_found : view.error().code;  // no decoder returns not_found
}

TEST(DigestSection, SizeFollowsFromTheImages) {
  EXPECT_EQ(digest_blocks(0), 0u);
  EXPECT_EQ(digest_blocks(1), 1u);
  EXPECT_EQ(digest_blocks(65536), 1u);
  EXPECT_EQ(digest_blocks(65537), 2u);
  EXPECT_EQ(digest_blocks(~std::uint64_t{0}), std::uint64_t{1} << 48);
  EXPECT_EQ(digest_section_size(65537), 24u + 64u + 4u);
}

TEST(DigestSection, IsWhatTheDescriptionSays) {
  const sample s;
  buffer section(digest_section_size(kSize));
  for (std::size_t i = 0; i < digest_blocks(kSize); ++i) {
    const oid digest = block_digest(s.block(i), i * kDigestBlock, {kSize, kAt});
    std::ranges::copy(digest.view(), section.begin() + static_cast<std::ptrdiff_t>(kDigestHeader + i * kDigestSize));
  }
  seal_digest_section(section, {kSize, kAt});
  EXPECT_EQ(section, s.section);
  EXPECT_EQ(libdeflate_crc32(0, section.data(), section.size()), kDigestSectionCrc);
}

TEST(DigestSection, EveryBlockMatchesItsOwnDigestOnly) {
  const sample s;
  const auto view = digest_view::decode(s.section, kAt);
  ASSERT_TRUE(view) << view.error().what;
  EXPECT_EQ(view->head().image_size, kSize);
  ASSERT_EQ(view->count(), 4u);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) EXPECT_EQ(view->matches(i, s.block(j)), i == j) << i << " " << j;
  EXPECT_EQ(view->size(3), 32768u);
  EXPECT_FALSE(view->matches(3, s.block(3).first(32767)));
  EXPECT_FALSE(view->matches(0, {}));
}

TEST(DigestSection, AnyChangedByteOfABlockIsSeen) {
  const sample s;
  const auto view = digest_view::decode(s.section, kAt);
  ASSERT_TRUE(view);
  // All bytes around and in the section, some of the others.
  for (std::size_t at = 0; at<kSize; at += at> kAt - 300 && at < kAt + 400 ? 1 : 997) {
    buffer changed = s.image;
    changed[at] ^= std::byte{0x10};
    const std::size_t i = at / kDigestBlock;
    EXPECT_FALSE(view->matches(i, bytes(changed).subspan(i * kDigestBlock, view->size(i)))) << at;
  }
}

TEST(DigestSection, DamageIsRefused) {
  const sample s;
  for (std::size_t at = 0; at < s.section.size(); ++at) {
    buffer changed = s.section;
    changed[at] ^= std::byte{1};
    EXPECT_FALSE(digest_view::decode(changed, kAt)) << at;
  }
  for (std::size_t n = 0; n < s.section.size(); ++n)
    EXPECT_FALSE(digest_view::decode(bytes(s.section).first(n), kAt)) << n;
}

TEST(DigestSection, HostileFieldsAreRefused) {
  EXPECT_EQ(code([](buffer&) {}), errc::not_found);
  EXPECT_EQ(code([](buffer&) {}, kAt + 1), errc::malformed) << "the section of another place";
  const auto size = [](std::uint64_t v) { return [v](buffer& s) { store_le(s.data(), v); }; };
  EXPECT_EQ(code(size(0)), errc::malformed);
  EXPECT_EQ(code(size(kSize + 32768)), errc::not_found) << "as many blocks";
  EXPECT_EQ(code(size(kSize + 32769)), errc::malformed);
  EXPECT_EQ(code(size(3 * 65536)), errc::malformed);
  EXPECT_EQ(code(size(kMostDigested)), errc::malformed);
  EXPECT_EQ(code(size(kMostDigested + 1)), errc::too_large);
  EXPECT_EQ(code(size(~std::uint64_t{0})), errc::too_large);
  EXPECT_EQ(code([](buffer& s) { store_le(s.data() + 16, 0u); }), errc::malformed);
  EXPECT_EQ(code([](buffer& s) { store_le(s.data() + 16, 4096u); }), errc::malformed);
  EXPECT_EQ(code([](buffer& s) { store_le(s.data() + 20, 1u); }), errc::malformed);
  const std::uint64_t far = ~std::uint64_t{0} - 50;
  EXPECT_EQ(code([&](buffer& s) { store_le(s.data() + 8, far); }, far), errc::malformed) << "the sum would wrap";
  EXPECT_EQ(code([&](buffer& s) { store_le(s.data() + 8, std::uint64_t{kSize}); }, kSize), errc::malformed)
      << "a section behind the image";
  EXPECT_EQ(code([](buffer& s) { s.resize(28); }), errc::malformed);
  EXPECT_EQ(code([](buffer& s) { s.resize(27); }), errc::truncated);
  EXPECT_EQ(code([](buffer& s) { s.clear(); }), errc::truncated);
}

}  // namespace
}  // namespace docteur
