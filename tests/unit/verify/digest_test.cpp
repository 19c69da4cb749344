// Verification of the digest section (layout/digest_section.hpp).
#include <gtest/gtest.h>

#include "host/image_digests.hpp"
#include "layout/image_header.hpp"
#include "support/digested.hpp"
#include "support/made_image.hpp"
#include "support/noise.hpp"
#include "support/verified.hpp"

namespace docteur {
namespace {

struct sample : made_image {
  std::uint64_t at = 0;  // of the section
  std::uint64_t size = 0;

  sample() : made_image({{"a", "hello\n"}, {"large", noise(200'000)}}) {
    const auto loaded = image_digests::load(memory_device(content));
    at = loaded.value().view().head().offset;
    size = digest_section_size(content.size());
  }
  // Makes the section's checksum anew. `image_size`: what it claims.
  void reseal(std::uint64_t image_size) {
    seal_digest_section(mutable_bytes(content).subspan(at, size), {image_size, at});
  }
};

TEST(VerifyDigests, AnImageHasOne) {
  const sample s;
  for (const unsigned threads : {1u, 2u, 7u}) {
    verify_options options;
    options.threads = threads;
    const verify_report r = check(s.content, options);
    expect_good(r);
    EXPECT_EQ(r.digest, s.made.digest);
  }
}

TEST(VerifyDigests, AWrongDigestIsAFaultOfItsBlock) {
  for (const std::size_t block : {0u, 1u, 3u}) {
    sample s;
    s.content[s.at + kDigestHeader + block * kDigestSize + 5] ^= std::byte{1};
    s.reseal(s.content.size());
    const verify_report r = check(s.content);
    expect_one_fault(r, errc::bad_checksum, block * kDigestBlock, "block does not match the digest section");
    EXPECT_FALSE(r.digest);
  }
}

TEST(VerifyDigests, DamageIsOneFault) {
  sample s;
  s.content[s.at + 30] ^= std::byte{1};
  const verify_report r = check(s.content);
  expect_one_fault(r, errc::bad_checksum, s.at, "section");
  EXPECT_FALSE(r.digest);
  s.content[s.at + 30] ^= std::byte{1};
  s.content.back() ^= std::byte{1};
  expect_one_fault(check(s.content), errc::malformed, s.content.size() - 1, "bytes behind IDX are not zero");
}

TEST(VerifyDigests, TheSizeIsTheImages) {
  sample s;
  s.reseal(s.content.size() - 512);
  expect_one_fault(check(s.content), errc::malformed, s.at, "digest section is of an image of");
}

TEST(VerifyDigests, ALargerDeviceHasTheSameDigest) {
  sample s;
  s.content.resize(s.content.size() + 100'000);
  const verify_report r = check(s.content);
  expect_good(r);
  EXPECT_EQ(r.digest, s.made.digest);
}

TEST(VerifyDigests, EveryFlippedByteIsAFault) {
  sample s;
  for (std::size_t i = 0; i < s.content.size(); i += i < 300 || (i >= s.at && i < s.at + 200) ? 7 : 1709) {
    s.content[i] ^= std::byte{0x20};
    const verify_report r = check(s.content);
    EXPECT_GE(r.fault_count, 1u) << i;
    EXPECT_FALSE(r.digest) << i;
    s.content[i] ^= std::byte{0x20};
  }
}

}  // namespace
}  // namespace docteur
