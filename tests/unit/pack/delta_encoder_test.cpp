#include "pack/delta_encoder.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "pack/delta.hpp"
#include "pack/effort.hpp"

using namespace docteur;

namespace {

constexpr std::size_t kAny = static_cast<std::size_t>(-1);

std::string text_of(std::size_t size, unsigned seed, unsigned alphabet) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>('a' + random() % alphabet);
  return text;
}

// Returns the size of the delta that makes `target` from `base`; applies and compares it.
std::size_t delta_size(const std::string& base, const std::string& target, const delta_effort& effort) {
  delta_encoder encoder;
  encoder.set_base(as_bytes(base), effort);
  std::vector<std::byte> delta;
  EXPECT_TRUE(encoder.encode(as_bytes(target), kAny, delta));
  std::string rebuilt(target.size(), '\0');
  EXPECT_TRUE(apply_delta(as_bytes(base), delta, std::as_writable_bytes(std::span(rebuilt)), 0));
  EXPECT_EQ(rebuilt, target);
  return delta.size();
}

constexpr delta_effort kThorough{.stride = 1, .chain = 32, .patience = 12, .lazy = 4, .may_give_up = false};
constexpr delta_effort kHasty{.stride = 16, .chain = 1, .patience = 5, .lazy = 0, .may_give_up = false};

}  // namespace

TEST(DeltaEncoder, EmptyAndTinyObjects) {
  for (const std::string base : {"", "x", "1234567", "12345678", "123456789"})
    for (const std::string target : {"", "y", "1234567", "12345678", "x123456789x"})
      EXPECT_LE(delta_size(base, target, kThorough), 2 + target.size() + 2);
}

TEST(DeltaEncoder, TheSameContentIsCopies) {
  const std::string text = text_of(200'000, 1, 26);
  EXPECT_LT(delta_size(text, text, kThorough), 40u);  // copies are 64 KiB at most
  EXPECT_LT(delta_size(text, text, kHasty), 40u);
}

TEST(DeltaEncoder, LongLiteralsAreSplit) {
  const std::string target = text_of(1000, 2, 26);
  EXPECT_EQ(delta_size("", target, kThorough), 1 + 2 + target.size() + (target.size() + 126) / 127);
}

TEST(DeltaEncoder, CopiesReachFarIntoTheBase) {
  const std::string tail = text_of(500, 3, 26);
  const std::string base = text_of(20'000'000, 4, 26) + tail;
  EXPECT_LT(delta_size(base, "head " + tail, kThorough), 40u);
}

TEST(DeltaEncoder, MovedAndChangedTextIsFound) {
  const std::string a = text_of(5000, 5, 26), b = text_of(5000, 6, 26), c = text_of(5000, 7, 26);
  std::string target = c + a + b;
  for (std::size_t i = 100; i < target.size(); i += 500) target[i] = '!';
  const std::size_t changes = target.size() / 500;
  EXPECT_LT(delta_size(a + b + c, target, kThorough), changes * 9 + 30);
}

TEST(DeltaEncoder, AShortMatchDoesNotHideALongerOneBehindIt) {
  // In the base, the text that begins with "0" matches for 31 bytes only; the text behind the "0" is elsewhere, whole.
  const std::string rest = text_of(400, 8, 26);
  const std::string base = text_of(300, 10, 26) + "0" + rest.substr(0, 30) + text_of(300, 9, 26) + rest;
  const std::string target = "0" + rest;
  delta_effort greedy = kThorough;
  greedy.lazy = 0;
  EXPECT_LT(delta_size(base, target, kThorough), delta_size(base, target, greedy));
}

TEST(DeltaEncoder, RepetitiveContentStaysQuickAndRight) {
  const std::string zeros(3'000'000, '\0');
  EXPECT_LT(delta_size(zeros, zeros + "x" + zeros, kThorough), 2000u);
  std::string lines;
  for (int i = 0; i < 50'000; ++i) lines += "the same line\n";
  EXPECT_LT(delta_size(lines, "x" + lines, kHasty), 2000u);
}

TEST(DeltaEncoder, RandomEditsOfEverySizeRebuild) {
  std::mt19937 random(8);
  for (unsigned round = 0; round < 400; ++round) {
    const std::string base = text_of(random() % 3000, round, round % 3 == 0 ? 2 : 26);
    std::string target = base;
    for (auto edits = random() % 12; edits > 0; --edits) {
      const std::size_t at = target.empty() ? 0 : random() % target.size();
      if (random() % 2 == 0)
        target.erase(at, random() % 200);
      else
        target.insert(at, text_of(random() % 200, static_cast<unsigned>(random()), 26));
    }
    delta_size(base, target, kThorough);
    delta_size(base, target, kHasty);
  }
}

TEST(DeltaEncoder, StopsAtTheGivenSize) {
  const std::string base = text_of(5000, 9, 26), target = text_of(5000, 10, 26);
  delta_encoder encoder;
  encoder.set_base(as_bytes(base), kThorough);
  std::vector<std::byte> delta;
  EXPECT_FALSE(encoder.encode(as_bytes(target), 4000, delta));
  EXPECT_TRUE(encoder.encode(as_bytes(base), 4000, delta));
  const std::size_t size = delta.size();
  EXPECT_TRUE(encoder.encode(as_bytes(base), size, delta));
  EXPECT_FALSE(encoder.encode(as_bytes(base), size - 1, delta));
}

TEST(DeltaEncoder, GivesUpOnStrangers) {
  const std::string base = text_of(50'000, 11, 26), target = text_of(50'000, 12, 26);
  delta_encoder encoder;
  encoder.set_base(as_bytes(base), plan_of(effort::fast).trial.encoder);
  std::vector<std::byte> delta;
  EXPECT_FALSE(encoder.encode(as_bytes(target), kAny, delta));
  EXPECT_TRUE(encoder.encode(as_bytes(base + target.substr(0, 20'000)), kAny, delta));
}
