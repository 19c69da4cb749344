#include "pack/compressor.hpp"

#include <gtest/gtest.h>

#include <string>

#include "pack/inflate.hpp"
#include "support/inflate_all.hpp"
#include "support/noise.hpp"

using namespace docteur;

namespace {

// Inflates a zlib stream that holds `size` bytes of content; all of `stream` must be consumed.
std::string content_of(bytes stream, std::size_t size) {
  std::string out(size, '\0');
  auto with = inflater::make();
  const auto used = with->inflate(stream, std::as_writable_bytes(std::span(out)), 0);
  EXPECT_TRUE(used && *used == stream.size());
  return out;
}

}  // namespace

TEST(Compressor, DeflatesWhatGetsSmaller) {
  compressor c(6);
  const std::string text(100'000, 'a');
  const compressed small = c.compress(as_bytes(text));
  EXPECT_FALSE(small.stored);
  EXPECT_LT(small.stream.size(), 500u);
  EXPECT_EQ(content_of(small.stream, text.size()), text);
  EXPECT_EQ(c.deflated_size(as_bytes(text)), c.compress(as_bytes(text)).stream.size());
}

TEST(Compressor, StoresWhatDoesNotDeflate) {
  compressor c(6);
  for (const std::size_t size : {std::size_t{1}, kStoredBlock - 1, kStoredBlock, kStoredBlock + 1, 3 * kStoredBlock}) {
    const std::string text = noise(size);
    const compressed same = c.compress(as_bytes(text));
    EXPECT_TRUE(same.stored);
    EXPECT_EQ(same.stream.size(), stored_stream_size(size));
    EXPECT_EQ(same.stream[0], kStoredHeader[0]);
    EXPECT_EQ(same.stream[1], kStoredHeader[1]);
    const std::size_t blocks = (size + kStoredBlock - 1) / kStoredBlock;
    for (std::size_t i = 0; i < blocks; ++i) {
      const std::byte* head = same.stream.data() + 2 + i * (5 + kStoredBlock);
      EXPECT_EQ(head[0], std::byte{i + 1 == blocks});
      EXPECT_EQ(load_le<std::uint16_t>(head + 1), i + 1 < blocks ? kStoredBlock : size - i * kStoredBlock);
    }
    EXPECT_EQ(content_of(same.stream, size), text);
  }
}

TEST(Compressor, StoresWhatDeflatesByLessThanOnePart) {
  compressor c(6);
  const std::string text = noise(100'000) + std::string(600, 'a');  // saves about 0.6 %
  EXPECT_TRUE(c.compress(as_bytes(text)).stored);
  EXPECT_FALSE(c.compress(as_bytes(text + std::string(600, 'a'))).stored);
}

TEST(Compressor, StoredBlocksInsideADeflatedStreamAreShort) {
  const std::string words(50'000, 'a');
  for (const int level : {1, 6, 9, 12}) {
    compressor c(level);
    std::size_t longest = 0;
    for (const std::string& text : {words + noise(65'536), noise(65'536) + words, words + noise(40'000) + words,
                                    words + noise(400'000) + words + noise(400'000)}) {
      const compressed small = c.compress(as_bytes(text));
      EXPECT_FALSE(small.stored);
      EXPECT_EQ(content_of(small.stream, text.size()), text);
      const inflated got = inflate_all(small.stream.subspan(2, small.stream.size() - 6));
      EXPECT_TRUE(got.ended);
      EXPECT_EQ(got.content, text);
      longest = std::max(longest, got.longest_stored);
    }
    EXPECT_EQ(longest, kStoredBlock);
  }
}

TEST(Compressor, EmptyContentIsAStreamToo) {
  compressor c(6);
  EXPECT_EQ(content_of(c.compress({}).stream, 0), "");
  EXPECT_EQ(stored_stream_size(0), 11u);
}
