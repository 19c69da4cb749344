#include <gtest/gtest.h>

#include "support/verify_sample.hpp"

using namespace docteur;

TEST(Verify, PassesAGoodImageAndTellsWhatIsInIt) {
  const sample s;
  const verify_report r = check(s.image());
  expect_good(r);
  EXPECT_TRUE(r.remarks.empty()) << all_of(r);
  EXPECT_EQ(r.commit, s.commit);
  ASSERT_TRUE(r.head());
  EXPECT_EQ(r.head()->tree, s.root);
  EXPECT_EQ(r.head()->message, "message\n");
  EXPECT_EQ(r.sections->builder_text(), "by hand");
  EXPECT_EQ(r.objects, (std::array<std::uint64_t, 5>{0, 1, 2, 2, 0}));
  EXPECT_EQ(r.deltas, 1u);
  EXPECT_EQ(r.depth, 1u);
  EXPECT_EQ(r.paths, 5u);
  EXPECT_EQ(r.image_size, s.image().size());
}

TEST(Verify, NoticesEveryBitFlip) {
  const sample s;
  for (const bool table : {true, false}) {
    byte_vector image = s.image({.table = table});
    verify_options options;
    options.threads = 1;
    for (std::size_t i = 0; i < image.size(); ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        image[i] ^= static_cast<std::byte>(1u << bit);
        const verify_report r = check(image, options);
        ASSERT_FALSE(r.good()) << "bit " << bit << " of byte " << i << (table ? "" : " without a table");
        image[i] ^= static_cast<std::byte>(1u << bit);
      }
    }
  }
}

TEST(Verify, NoticesEveryTruncation) {
  const sample s;
  const byte_vector image = s.image();
  for (std::size_t n = 0; n < image.size(); ++n) ASSERT_FALSE(check(bytes(image).first(n)).good()) << "prefix " << n;
  // Without a section table, the length of the padding behind IDX is not known.
  const byte_vector plain = s.image(kNoTable);
  const std::uint64_t end = idx_offset_of(plain) + s.idx_size();
  for (std::size_t n = 0; n < end; ++n) ASSERT_FALSE(check(bytes(plain).first(n)).good()) << "prefix " << n;
  expect_good(check(bytes(plain).first(end)));
}

TEST(Verify, ALengthThatSectorsDoNotHoldIsARemark) {
  const sample s;
  byte_vector image = s.image(kNoTable);
  EXPECT_EQ(all_of(check(image)).find("512"), std::string::npos);
  image.push_back(std::byte{0});
  expect_good(check(image));
  expect_remark(check(image), std::to_string(image.size()) + " bytes are not a multiple of 512");
  image.resize(idx_offset_of(image) + s.idx_size());
  expect_good(check(image));
  expect_remark(check(image), "not a multiple of 512");
}

TEST(Verify, ADeviceMayBeLargerButOnlyWithZeros) {
  const sample s;
  byte_vector image = s.image();
  const std::size_t size = image.size();
  image.resize(size + 100'000);
  expect_good(check(image));
  EXPECT_EQ(check(image).image_size, size);
  image[size + 77'777] = std::byte{1};
  expect_one_fault(check(image), errc::malformed, size + 77'777, "behind IDX");
}

TEST(Verify, PaddingIsZero) {
  const sample s;
  for (const bool table : {true, false}) {
    byte_vector image = s.image({.table = table});
    const std::size_t at = kPackOffset + s.pack.pack().size() + 3;
    ASSERT_LT(at, idx_offset_of(image));
    image[at] = std::byte{0x80};
    expect_one_fault(check(image), errc::malformed, at, "padding");
  }
}

TEST(Verify, AnUnknownSectionIsARemarkAndItsBytesAreChecked) {
  const sample s;
  byte_vector image = s.image({.other_section = 0x7fff0001});
  expect_good(check(image));
  expect_remark(check(image), "a section of type 2147418113");
  const std::uint64_t at = round_up(kPackOffset + s.pack.pack().size(), 512);
  image[at] ^= std::byte{1};
  expect_one_fault(check(image), errc::bad_checksum, at, "section");
}

TEST(Verify, NothingIsBelievedWhenTheCommitIsAnother) {
  const sample s;
  const byte_vector image = hand_image(s.root, s.pack);
  expect_one_fault(check(image), errc::wrong_kind, 0, "is referenced here as a commit");
  const byte_vector none = hand_image(oid{}, s.pack);
  expect_one_fault(check(none), errc::malformed, 0, "not in the PACK");
}

TEST(Verify, ReportsAreTheSameForAnyNumberOfThreadsAndCountWhatTheyDoNotKeep) {
  hand_pack p;
  tree_text tree;
  for (unsigned i = 0; i < 500; ++i) {
    const std::string content = "content " + std::to_string(1000 + i);
    byte_vector stream = zlib_stream(content);
    if (i % 2 == 0) stream.back() ^= std::byte{1};
    tree.add("100644", std::to_string(1000 + i), p.add(object_type::blob, content, stream));
  }
  const byte_vector image = image_of_tree(p, tree.text());
  verify_options options;
  options.faults = 20;
  options.threads = 1;
  const verify_report one = check(image, options);
  options.threads = 4;
  const verify_report four = check(image, options);
  EXPECT_EQ(one.fault_count, 250u);
  EXPECT_EQ(one.faults.size(), 20u);
  EXPECT_EQ(one.faults.front().at, p.at(0) + 1);
  EXPECT_EQ(one.faults.back().at, p.at(38) + 1);
  EXPECT_EQ(all_of(one), all_of(four));
}

TEST(Verify, AnErrorOfTheDeviceIsNoFaultOfTheImage) {
  const sample s;
  const byte_vector image = s.image();
  struct broken {
    bytes data;
    std::uint64_t from;
  };
  for (std::uint64_t from = 0; from < image.size(); from += 128) {
    broken b{image, from};
    device d;
    d.self = &b;
    d.size = image.size();
    d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept -> result<done> {
      const auto& disk = *static_cast<broken*>(self);
      if (at + out.size() > disk.from) return fail(errc::io, at, "the device failed");
      std::memcpy(out.data(), disk.data.data() + at, out.size());
      return done{};
    };
    progress quiet;
    const auto r = verify_image(d, {}, quiet);
    ASSERT_FALSE(r) << from;
    EXPECT_EQ(r.error().who, blame::environment);
  }
}

TEST(Verify, ACancelledVerificationEnds) {
  struct stopped : progress {
    bool cancelled() const override { return true; }
  } now;
  const sample s;
  EXPECT_FALSE(verify_image(memory_device(s.image()), {}, now));
}
