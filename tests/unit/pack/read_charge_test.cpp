#include "pack/read_charge.hpp"

#include <gtest/gtest.h>

#include <string>

#include "pack/forest.hpp"
#include "support/noise.hpp"
#include "support/planned.hpp"

using namespace docteur;

namespace {

// Returns files "00" to "29" of 10,000 bytes each, which share nothing.
std::map<std::string, std::string> thirty() {
  std::map<std::string, std::string> files;
  const std::string all = noise(300'000);
  for (std::size_t i = 0; i < 30; ++i)
    files[std::to_string(i / 10) + std::to_string(i % 10)] = all.substr(i * 10'000, 10'000);
  return files;
}

}  // namespace

TEST(ReadCharge, BeginsWithNothing) {
  const planned of(thirty());
  for (const purpose p : {purpose::balance, purpose::size, purpose::serve}) {
    const read_charge charge(of.source.objects(), *of.store, of.eligible, p);
    for (const std::uint64_t c : charge.of_bases()) EXPECT_EQ(c, 0u);
  }
}

TEST(ReadCharge, ABaseOfManyIsCheaperThanABaseOfOne) {
  const planned of(thirty());
  std::vector<std::uint32_t> bases(of.source.objects().size(), kNoBase);
  bases[of.index("01")] = of.index("00");
  for (std::size_t i = 11; i < 30; ++i) bases[of.index(std::to_string(i))] = of.index("10");
  read_charge charge(of.source.objects(), *of.store, of.eligible, purpose::balance);
  charge.assume(bases);
  const std::uint64_t of_one = charge.of_bases()[of.index("00")], of_many = charge.of_bases()[of.index("10")];
  // All content fits a reader's cache, so of N reads 1 / (1 + N) inflate the base.
  EXPECT_GT(of_many, 0u);
  EXPECT_NEAR(static_cast<double>(of_one) / static_cast<double>(of_many), 20.0 / 2.0, 0.2);
}

TEST(ReadCharge, BasesOfBasesAreReadByAllBehindThem) {
  const planned of(thirty());
  std::vector<std::uint32_t> bases(of.source.objects().size(), kNoBase);
  bases[of.index("01")] = of.index("00");
  bases[of.index("02")] = of.index("01");
  bases[of.index("03")] = of.index("02");
  read_charge charge(of.source.objects(), *of.store, of.eligible, purpose::balance);
  charge.assume(bases);
  EXPECT_LT(charge.of_bases()[of.index("00")], charge.of_bases()[of.index("01")]);
  EXPECT_LT(charge.of_bases()[of.index("01")], charge.of_bases()[of.index("02")]);
}

TEST(ReadCharge, FollowsThePurpose) {
  const planned of(thirty());
  std::vector<std::uint32_t> bases(of.source.objects().size(), kNoBase);
  bases[of.index("01")] = of.index("00");
  const auto charged = [&](purpose p) {
    read_charge charge(of.source.objects(), *of.store, of.eligible, p);
    charge.assume(bases);
    return std::pair(charge.of_bases()[of.index("00")], charge.of_target(of.index("01")));
  };
  EXPECT_EQ(charged(purpose::size), std::pair(std::uint64_t{0}, std::uint64_t{0}));
  const auto [balance, delta] = charged(purpose::balance);
  EXPECT_GT(balance, 0u);
  EXPECT_EQ(delta, 0u);
  const auto [serve, served] = charged(purpose::serve);
  EXPECT_GT(serve, 4 * balance);
  EXPECT_GT(served, 0u);
}
