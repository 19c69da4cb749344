#include "pack/delta.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "support/image_maker.hpp"

namespace docteur {
namespace {

// A copy in a block of exactly its size, so that a sanitizer sees an access one byte past its end.
class exact {
 public:
  explicit exact(bytes data) : size_(data.size()), block_(new std::byte[data.size()]) {
    std::ranges::copy(data, block_.get());
  }
  explicit exact(std::size_t size) : size_(size), block_(new std::byte[size]) {}
  [[nodiscard]] mutable_bytes view() const { return {block_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> block_;
};

result<std::string> apply(std::string_view base, bytes delta, std::size_t size) {
  const exact in(as_bytes(base));
  const exact d(delta);
  const exact out(size);
  DOCTEUR_CHECK(apply_delta(in.view(), d.view(), out.view(), 0));
  return std::string(as_text(out.view()));
}

std::string every_byte(std::size_t size) {
  std::string s(size, '\0');
  for (std::size_t i = 0; i < size; ++i) s[i] = static_cast<char>(i * 31 + (i >> 8));
  return s;
}

TEST(Delta, Inserts) {
  EXPECT_EQ(apply("", delta_text(0, 3).insert("abc").view(), 3).value(), "abc");
  const std::string longest(127, 'x');
  EXPECT_EQ(apply("b", delta_text(1, 127).insert(longest).view(), 127).value(), longest);
}

TEST(Delta, MakesAnEmptyObject) { EXPECT_EQ(apply("base", delta_text(4, 0).view(), 0).value(), ""); }

TEST(Delta, CopiesWithEachSetOfOperandBytes) {
  const std::string base = every_byte((1 << 24) + 300);
  for (const std::uint32_t offset : {0u, 1u, 0x100u, 0x101u, 0x10000u, 0x10203u, 0x1000000u, 0x1000001u}) {
    for (const std::uint32_t size : {1u, 0xffu, 0x100u, 0x101u, 0x10000u, 0x10001u, 0x20000u, 0x123456u}) {
      const auto got = apply(base, delta_text(base.size(), size).copy(offset, size).view(), size);
      if (offset + std::uint64_t{size} <= base.size()) {
        ASSERT_TRUE(got) << offset << " " << size;
        EXPECT_TRUE(*got == base.substr(offset, size)) << offset << " " << size;
      } else {
        EXPECT_EQ(got.error().code, errc::out_of_range);
      }
    }
  }
}

TEST(Delta, CopySizeZeroIs64KiB) {
  const std::string base = every_byte(0x10000);
  buffer delta = to_buffer(as_text(delta_text(base.size(), base.size()).view()));
  EXPECT_FALSE(apply(base, delta, base.size())) << "nothing was copied yet";
  delta.push_back(std::byte{0x80});
  EXPECT_TRUE(apply(base, delta, base.size()).value() == base);
}

TEST(Delta, RefusesCopiesThatLeaveTheBase) {
  const auto code = [](std::uint32_t offset, std::uint32_t size) {
    return apply("0123456789", delta_text(10, size).copy(offset, size).view(), size).error().code;
  };
  EXPECT_EQ(code(0, 11), errc::out_of_range);
  EXPECT_EQ(code(9, 2), errc::out_of_range);
  EXPECT_EQ(code(10, 1), errc::out_of_range);
  EXPECT_EQ(code(0xffffffff, 1), errc::out_of_range);
  EXPECT_EQ(code(0xffffffff, 0xffffff), errc::out_of_range);
}

TEST(Delta, RefusesMoreAndLessThanPromised) {
  EXPECT_EQ(apply("0123", delta_text(4, 3).copy(0, 4).view(), 3).error().code, errc::out_of_range);
  EXPECT_EQ(apply("0123", delta_text(4, 2).insert("abc").view(), 2).error().code, errc::out_of_range);
  EXPECT_EQ(apply("0123", delta_text(4, 5).copy(0, 4).view(), 5).error().code, errc::malformed);
}

TEST(Delta, RefusesOtherSizesThanThoseOfTheBuffers) {
  const delta_text d = delta_text(4, 4).copy(0, 4);
  EXPECT_TRUE(apply("0123", d.view(), 4));
  EXPECT_EQ(apply("01234", d.view(), 4).error().code, errc::malformed);
  EXPECT_EQ(apply("012", d.view(), 4).error().code, errc::malformed);
  EXPECT_EQ(apply("0123", d.view(), 5).error().code, errc::malformed);
}

TEST(Delta, RefusesTheReservedInstruction) {
  buffer d = to_buffer(as_text(delta_text(4, 4).view()));
  d.push_back(std::byte{0});
  EXPECT_EQ(apply("0123", d, 4).error().code, errc::malformed);
}

TEST(Delta, HeaderSizesOf64Bits) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  const delta_text d(kMax, kMax - 1);
  const auto h = decode_delta_header(d.view(), 0);
  ASSERT_TRUE(h);
  EXPECT_EQ(h->base_size, kMax);
  EXPECT_EQ(h->result_size, kMax - 1);
  EXPECT_EQ(h->header_size, kMaxDeltaHeader);
  for (std::size_t n = 0; n < kMaxDeltaHeader; ++n)
    EXPECT_EQ(decode_delta_header(exact(d.view().first(n)).view(), 0).error().code, errc::truncated) << n;
  buffer over = to_buffer(as_text(d.view()));
  over[9] = std::byte{2};  // bit 64 of the base size
  EXPECT_EQ(decode_delta_header(over, 0).error().code, errc::malformed);
}

// A delta with every kind of instruction, for the sweeps over prefixes and bits.
struct sample {
  std::string base = every_byte(700);
  std::string result = base.substr(0, 300) + "in between" + base.substr(500, 200) + base.substr(3, 1);
  delta_text delta = delta_text(700, result.size()).copy(0, 300).insert("in between").copy(500, 200).copy(3, 1);
};

TEST(Delta, RefusesEveryPrefix) {
  const sample s;
  ASSERT_EQ(apply(s.base, s.delta.view(), s.result.size()).value(), s.result);
  for (std::size_t n = 0; n < s.delta.view().size(); ++n)
    EXPECT_FALSE(apply(s.base, s.delta.view().first(n), s.result.size())) << "prefix " << n;
}

TEST(Delta, EveryBitFlipStaysInside) {
  const sample s;
  buffer d = to_buffer(as_text(s.delta.view()));
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < d.size() * 8; ++bit) {
    d[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    const auto got = apply(s.base, d, s.result.size());
    d[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    if (!got) {
      ++refused;
    } else {
      EXPECT_EQ(got->size(), s.result.size());
      EXPECT_NE(*got, s.result) << "bit " << bit << " changes nothing";
    }
  }
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace docteur
