#include "pack/deflate_estimate.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "pack/compressor.hpp"

using namespace docteur;

namespace {

bytes as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

// Returns a page of `lines` lines made of `vocabulary` different words.
std::string page(std::size_t lines, unsigned vocabulary, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    text += "<li class=\"item\"><a href=\"";
    for (unsigned k = 0; k < 5; ++k) text += "word" + std::to_string(random() % vocabulary) + (k < 4 ? " " : "\">");
    text += "</a></li>\n";
  }
  return text;
}

}  // namespace

TEST(DeflateEstimate, IsNearWhatAThoroughDeflateMakes) {
  deflate_estimator estimate;
  compressor thorough(9);
  for (const std::size_t lines : {1u, 3u, 10u, 40u, 200u, 1500u, 20000u})
    for (const unsigned vocabulary : {3u, 50u, 100000u}) {
      const std::string text = page(lines, vocabulary, static_cast<unsigned>(lines));
      const auto real = static_cast<double>(thorough.deflated_size(as_bytes(text)));
      const auto got = static_cast<double>(estimate.stream_size(as_bytes(text)));
      EXPECT_GT(got, real * 0.7) << lines << " lines of " << vocabulary << " words";
      // It remembers one position per hash, so in very repetitive text it finds less than deflate does.
      EXPECT_LT(got, real * (vocabulary == 3 ? 2 : 1.3)) << lines << " lines of " << vocabulary << " words";
    }
}

TEST(DeflateEstimate, OrdersWhatDiffers) {
  deflate_estimator estimate;
  std::size_t last = 0;
  for (const unsigned vocabulary : {2u, 20u, 500u, 100000u}) {
    const std::size_t size = estimate.stream_size(as_bytes(page(100, vocabulary, 1)));
    EXPECT_GT(size, last);
    last = size;
  }
}

TEST(DeflateEstimate, RandomBytesAreNotMadeSmaller) {
  std::mt19937 random(1);
  std::string noise(10000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  const std::size_t size = deflate_estimator().stream_size(as_bytes(noise));
  EXPECT_GT(size, noise.size() * 9 / 10);
  EXPECT_LT(size, noise.size() * 11 / 10);
}

TEST(DeflateEstimate, EdgesOfTheFormat) {
  deflate_estimator estimate;
  EXPECT_LT(estimate.stream_size({}), 16u);
  for (std::size_t size = 1; size < 12; ++size)
    EXPECT_LT(estimate.stream_size(as_bytes(std::string(size, 'x'))), size + 16) << size;
  EXPECT_LT(estimate.stream_size(as_bytes(std::string(1000000, 'x'))), 20000u) << "matches of 258 bytes at most";
}

// Images depend on estimates, so they must be the same on every machine.
TEST(DeflateEstimate, IsTheSameEverywhere) {
  deflate_estimator estimate;
  std::string text;
  for (unsigned i = 0; i < 2000; ++i) text += std::to_string(i * i % 1009) + (i % 7 == 0 ? "\n" : " ");
  EXPECT_EQ(estimate.stream_size(as_bytes(text.substr(0, 100))), 73u);
  EXPECT_EQ(estimate.stream_size(as_bytes(text.substr(0, 1000))), 490u);
  EXPECT_EQ(estimate.stream_size(as_bytes(text)), 2866u);
}
