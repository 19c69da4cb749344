#include "host/image_digests.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include "host/checked_device.hpp"
#include "layout/image_header.hpp"
#include "layout/section_table.hpp"
#include "support/digested.hpp"
#include "support/guest.hpp"
#include "support/made_image.hpp"
#include "support/noise.hpp"
#include "support/verify_sample.hpp"

namespace docteur {
namespace {

const std::map<std::string, std::string> kFiles{{"a", "hello\n"}, {"b/c", "world\n"}};

std::uint64_t table_at(bytes image) {
  return load_le<std::uint64_t>(image.data() + kHeaderIdxOffset) - kSectionTableSize;
}
section_table table_of(bytes image) {
  return decode_section_table(image.subspan(table_at(image), kSectionTableSize), table_at(image) + kSectionTableSize)
      .value();
}
void put_table(std::vector<std::byte>& image, const section_table& t) {
  std::ranges::copy(encode_section_table(t), image.begin() + static_cast<std::ptrdiff_t>(table_at(image)));
}
section& digests_in(section_table& t) { return t.entries[t.count - 1]; }
outcome<image_digests> load_pinned(const device& from, const oid& pin, const std::string& shown) {
  return docteur::load_pinned(from, {&pin, 1}, shown);
}

TEST(ImageDigests, TheBuildersSectionIsTheOneDescribed) {
  std::map<std::string, std::string> files = kFiles;
  files["large"] = noise(300'000);
  for (const std::uint32_t block : {512u, 4096u, 1u << 20}) {
    const made_image of(files, block);
    const auto loaded = image_digests::load(memory_device(of.content));
    ASSERT_TRUE(loaded) << loaded.error().what;
    const digest_head head = loaded->view().head();
    EXPECT_EQ(head.image_size, of.content.size());
    EXPECT_EQ(of.made.size, of.content.size());
    const auto section = section_for(of.content, head.offset);
    EXPECT_TRUE(as_text(section) == as_text(bytes(of.content).subspan(head.offset, section.size()))) << block;
    EXPECT_EQ(loaded->digest(), sha256_of(section));
    EXPECT_EQ(loaded->digest(), of.made.digest);
  }
}

TEST(ImageDigests, SizesAroundABlockAgree) {
  // The section grows by a digest where the image grows over a block, and the image by the section.
  for (std::size_t size = 60'000; size < 64'000; size += 500) {
    const made_image of(std::map<std::string, std::string>{{"noise", noise(size)}}, 512);
    const auto loaded = image_digests::load(memory_device(of.content));
    ASSERT_TRUE(loaded) << size << ": " << loaded.error().what;
    EXPECT_EQ(loaded->view().head().image_size, of.content.size());
  }
}

TEST(ImageDigests, EveryByteIsPinned) {
  made_image of(kFiles);
  const oid pin = of.made.digest;
  ASSERT_TRUE(load_pinned(memory_device(of.content), pin, "i"));
  std::vector<std::byte> all(of.content.size());
  for (std::size_t at = 0; at < of.content.size(); ++at) {
    of.content[at] ^= std::byte{0x40};
    auto loaded = load_pinned(memory_device(of.content), pin, "i");
    if (loaded) {
      const checked_device checked(memory_device(of.content), std::move(*loaded));
      const auto read = read_exactly(checked.view(), 0, all);
      ASSERT_FALSE(read) << at;
      EXPECT_EQ(read.error().code, errc::bad_checksum);
    } else {
      EXPECT_EQ(loaded.error().who, blame::input) << at;
    }
    of.content[at] ^= std::byte{0x40};
  }
}

TEST(ImageDigests, AnotherImageIsRefused) {
  const made_image one(kFiles);
  const made_image other(std::map<std::string, std::string>{{"a", "hello!\n"}});
  const auto loaded = load_pinned(memory_device(other.content), one.made.digest, "x.img");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().who, blame::input);
  EXPECT_EQ(loaded.error().message, "x.img: another image: its digest is " + digest_text(other.made.digest) + ", not " +
                                        digest_text(one.made.digest));
  const oid both[] = {one.made.digest, other.made.digest};
  EXPECT_TRUE(docteur::load_pinned(memory_device(other.content), both, "x.img"));
  const oid neither[] = {one.made.digest, oid(hash_kind::sha256)};
  const auto refused = docteur::load_pinned(memory_device(other.content), neither, "x.img");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "x.img: another image: its digest is " + digest_text(other.made.digest) + ", not one of those given");
}

TEST(ImageDigests, AnImageWithoutTheSectionHasNoDigest) {
  for (const bool table : {false, true}) {
    const byte_vector image = sample().image({.table = table});
    EXPECT_EQ(image_digests::load(memory_device(image)).error().code, errc::not_found);
    const auto pinned = load_pinned(memory_device(image), oid(hash_kind::sha256), "old.img");
    ASSERT_FALSE(pinned);
    EXPECT_EQ(pinned.error().message, "old.img: the image has no digest section");
  }
}

TEST(ImageDigests, ALargerDeviceHoldsTheSameImage) {
  made_image of(kFiles);
  const std::size_t size = of.content.size();
  of.content.resize(size + 5000, std::byte{0x77});
  auto loaded = load_pinned(memory_device(of.content), of.made.digest, "i");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const checked_device checked(memory_device(of.content), std::move(*loaded));
  EXPECT_EQ(checked.view().size, size);
}

TEST(ImageDigests, ATruncatedDeviceIsRefused) {
  const made_image of(kFiles);
  for (std::size_t n = 0; n < of.content.size(); n += 512) {
    copying_device disk(bytes(of.content).first(n));
    EXPECT_FALSE(image_digests::load(disk.handle())) << n;
    EXPECT_TRUE(disk.stayed_inside());
  }
}

// What a table and a section claim, with right checksums, is not believed, and no memory is taken for it.
TEST(ImageDigests, HostileLengthsAreRefused) {
  const made_image of(kFiles);
  const auto refused = [&](auto change, errc code) {
    std::vector<std::byte> image = of.content;
    section_table t = table_of(image);
    change(image, t);
    put_table(image, t);
    copying_device disk(image);
    const auto loaded = image_digests::load(disk.handle());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, code) << loaded.error().what;
    EXPECT_TRUE(disk.stayed_inside());
    EXPECT_LT(disk.bytes_read(), 2048u);
  };
  for (const std::uint64_t length : {0u, 1u, 23u, 24u, 27u, 28u, 59u, 61u, 92u})
    refused([&](auto&, section_table& t) { digests_in(t).length = length; }, errc::malformed);
  refused([](auto&, section_table& t) { digests_in(t).crc ^= 1; }, errc::bad_checksum);
  refused([](auto&, section_table& t) { digests_in(t).offset -= 4096; }, errc::out_of_range);
  const auto claim = [](std::uint64_t image_size) {
    return [=](std::vector<std::byte>& image, section_table& t) {
      const section& s = digests_in(t);
      seal_digest_section(mutable_bytes(image).subspan(s.offset, s.length), {image_size, s.offset});
    };
  };
  refused(claim(of.content.size() + 1), errc::truncated);
  refused(claim(65536), errc::truncated);
  refused(claim(65537), errc::malformed);
  refused(claim(0), errc::malformed);
  refused(claim(512), errc::malformed);
  refused(claim(~std::uint64_t{0}), errc::too_large);
}

TEST(ImageDigests, ADeviceThatFailsIsNoVerdict) {
  const made_image of(kFiles);
  copying_device disk(of.content);
  for (std::size_t n = 0;; ++n) {
    disk.fail_at(n);
    const auto loaded = load_pinned(disk.handle(), of.made.digest, "i");
    if (loaded) {
      EXPECT_GE(n, 4u) << "header, table, the section's head and rest";
      break;
    }
    EXPECT_EQ(loaded.error().who, blame::environment);
  }
}

TEST(ImageDigests, TextComesBack) {
  const oid digest = sha256_of(as_bytes("x"));
  const std::string text = digest_text(digest);
  EXPECT_EQ(text, "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
  EXPECT_EQ(parse_digest(text, "--digest").value(), digest);
  std::string upper = text;
  for (char& c : upper)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  EXPECT_FALSE(parse_digest(upper, "--digest")) << "SHA256: is not the prefix";
  EXPECT_EQ(parse_digest("sha256:" + upper.substr(7), "--digest").value(), digest);
  for (const std::string& bad : {std::string(), std::string("sha256:"), text.substr(7), text + "0", text.substr(0, 70),
                                 "sha1:" + text.substr(7), text.substr(0, 70) + "g"}) {
    const auto parsed = parse_digest(bad, "--digest");
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().who, blame::usage);
  }
}

}  // namespace
}  // namespace docteur
