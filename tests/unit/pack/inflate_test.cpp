#include <algorithm>

#include "pack/inflate.hpp"

#include <gtest/gtest.h>

#include "support/guest.hpp"
#include "support/image_maker.hpp"

namespace docteur {
namespace {

result<std::size_t> inflate(bytes stream, buffer& out) {
  auto i = inflater::make();
  return i->inflate(stream, out, 0);
}

std::vector<std::string> contents() {
  return {"", "x", prose(5000, 1), noise(5000, 1), std::string(100'000, 'z'), noise(40'000, 2)};
}

TEST(Inflate, EndsExactly) {
  for (const std::string& text : contents()) {
    for (buffer stream : {deflated(as_bytes(text)), deflated(as_bytes(text), 0), stored(as_bytes(text))}) {
      const std::size_t size = stream.size();
      append(stream, as_bytes("what follows"));
      buffer out(text.size());
      EXPECT_EQ(inflate(stream, out).value(), size);
      EXPECT_TRUE(as_text(out) == text);
    }
  }
}

TEST(Inflate, RefusesShorterAndLonger) {
  for (const std::string& text : contents()) {
    const buffer stream = deflated(as_bytes(text));
    buffer longer(text.size() + 1);
    EXPECT_FALSE(inflate(stream, longer));
    if (text.empty()) continue;
    buffer shorter(text.size() - 1);
    EXPECT_FALSE(inflate(stream, shorter));
    buffer none;
    EXPECT_FALSE(inflate(stream, none));
  }
}

TEST(Inflate, RefusesEveryPrefix) {
  const std::string text = prose(300, 1);
  const buffer stream = deflated(as_bytes(text));
  for (std::size_t n = 0; n < stream.size(); ++n) {
    const buffer cut(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(n));
    buffer out(text.size());
    EXPECT_FALSE(inflate(cut, out)) << "prefix " << n;
  }
}

TEST(Inflate, EveryBitFlipIsRefusedOrHarmless) {
  const std::string text = prose(300, 1);
  buffer stream = deflated(as_bytes(text));
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < stream.size() * 8; ++bit) {
    stream[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    buffer out(text.size());
    if (!inflate(stream, out)) {
      ++refused;
    } else {
      EXPECT_EQ(as_text(out), text) << "bit " << bit;  // e.g. the compression level in the header
    }
    stream[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
  }
  EXPECT_GT(refused, stream.size() * 8 - 16) << "all but the bits of the two header bytes";
}

// Inflates all of the stream with next(), `in_step` and `out_step` bytes at a time.
result<std::string> in_pieces(inflate_stream& s, bytes stream, std::size_t in_step, std::size_t out_step) {
  std::string text;
  buffer piece(out_step);
  for (;;) {
    const bytes in = stream.first(std::min(in_step, stream.size()));
    DOCTEUR_TRY(step, s.next(in, piece, 0));
    stream = stream.subspan(step.consumed);
    text += as_text(bytes{piece}.first(step.produced));
    if (step.ended) return text;
    if (step.consumed + step.produced == 0 && stream.empty()) return fail(errc::truncated, 0, "stream ends");
  }
}

TEST(InflateStream, GivesTheSameInAnyPieces) {
  counting_memory mem;
  for (const std::string& text : contents()) {
    const buffer stream = deflated(as_bytes(text));
    auto s = inflate_stream::make(mem.handle(), inflate_stream::framing::zlib);
    ASSERT_TRUE(s);
    for (const auto& [in, out] :
         std::vector<std::pair<std::size_t, std::size_t>>{{1, 1}, {1, 4096}, {4096, 1}, {7, 13}, {1 << 20, 1 << 20}}) {
      s->restart(inflate_stream::framing::zlib);
      const auto got = in_pieces(*s, stream, in, out);
      ASSERT_TRUE(got);
      EXPECT_TRUE(*got == text) << in << " " << out;
    }
  }
  EXPECT_EQ(mem.blocks(), 0u);
  EXPECT_TRUE(mem.sizes_match());
}

TEST(InflateStream, RefusesDamage) {
  counting_memory mem;
  const std::string text = prose(300, 1);
  buffer stream = deflated(as_bytes(text));
  auto s = inflate_stream::make(mem.handle(), inflate_stream::framing::zlib);
  stream.back() ^= std::byte{1};
  EXPECT_EQ(in_pieces(*s, stream, 100, 100).error().code, errc::malformed) << "Adler-32";
  stream.back() ^= std::byte{1};
  s->restart(inflate_stream::framing::zlib);
  EXPECT_EQ(in_pieces(*s, bytes{stream}.first(stream.size() - 1), 100, 100).error().code, errc::truncated);
  s->restart(inflate_stream::framing::zlib);
  EXPECT_EQ(in_pieces(*s, stream, 100, 100).value(), text) << "usable again after a fault";
}

TEST(InflateStream, StartsRawBehindAFullFlush) {
  counting_memory mem;
  const std::string text = prose(300'000, 3);
  std::vector<std::uint64_t> points;
  const buffer stream = deflated(as_bytes(text), 6, 65536, &points);
  ASSERT_EQ(points.size(), 4u);
  auto s = inflate_stream::make(mem.handle(), inflate_stream::framing::zlib);
  ASSERT_TRUE(s);
  for (std::size_t i = points.size(); i-- > 0;) {
    s->restart(inflate_stream::framing::raw);
    const auto got = in_pieces(*s, bytes{stream}.subspan(points[i]), 1000, 3000);
    ASSERT_TRUE(got);
    EXPECT_TRUE(*got == text.substr((i + 1) * 65536)) << "point " << i;
  }
  s->restart(inflate_stream::framing::zlib);
  EXPECT_TRUE(in_pieces(*s, stream, 1000, 3000).value() == text) << "from raw back to zlib";
}

TEST(InflateStream, SurvivesEveryFailingAllocation) {
  const std::string text = prose(100'000, 3);
  const buffer stream = deflated(as_bytes(text));
  bool whole = false;
  for (std::size_t n = 0; !whole; ++n) {
    ASSERT_LT(n, 20u);
    counting_memory mem;
    mem.fail_at(n);
    {
      auto s = inflate_stream::make(mem.handle(), inflate_stream::framing::zlib);
      const auto got = s ? in_pieces(*s, stream, 1000, 1000) : result<std::string>(tl::make_unexpected(s.error()));
      whole = got.has_value();
      if (whole) {
        EXPECT_TRUE(*got == text);
        EXPECT_LE(mem.peak(), 48u << 10);
        EXPECT_GT(n, 1u);
      } else {
        EXPECT_EQ(got.error().code, errc::out_of_memory);
      }
    }
    EXPECT_EQ(mem.blocks(), 0u) << n;
  }
}

TEST(InflateStream, Moves) {
  counting_memory mem;
  inflate_stream s;
  {
    auto first = inflate_stream::make(mem.handle(), inflate_stream::framing::zlib);
    s = std::move(*first);
  }
  const buffer stream = deflated(as_bytes("text"));
  EXPECT_EQ(in_pieces(s, stream, 3, 3).value(), "text");
}

}  // namespace
}  // namespace docteur
