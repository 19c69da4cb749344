// What the entry section foretells of the PACK (verify/foretold_pack.hpp), and its comparison with the PACK.
#include "verify/foretold_pack.hpp"

#include <gtest/gtest.h>

#include "layout/section_table.hpp"
#include "support/listed_sample.hpp"
#include "support/verified.hpp"
#include "verify/pack_scan.hpp"

using namespace docteur;

namespace {

// The parts of an image that foretell_pack() takes.
struct parts {
  device disk;
  section entries{};
  loaded_idx index;
  std::uint64_t end = 0;

  explicit parts(bytes image) : disk(memory_device(image)) {
    const auto header = decode_image_header(image.first(sizeof(image_header_bytes)), image.size());
    const auto table = decode_section_table(
        image.subspan(header->idx_offset - kSectionTableSize).first<kSectionTableSize>(), header->idx_offset);
    entries = *table->find(section_type::entries);
    end = table->pack_size - pack_trailer_size(hash_kind::sha1);
    auto loaded = loaded_idx::load(disk, header->idx_offset, end, 100, hash_kind::sha1);
    index = std::move(**loaded);
  }
  [[nodiscard]] std::optional<scanned_pack> foretell() const {
    auto made = foretell_pack(disk, entries, index, end, hash_kind::sha1);
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : std::nullopt;
  }
  [[nodiscard]] scanned_pack scan() const {
    std::vector<std::uint64_t> offsets;
    for (const std::uint32_t position : index.order()) offsets.push_back(index.view().offset(position));
    findings found(10);
    auto pack = scan_pack(disk, offsets, end, hash_kind::sha1, found, progress());
    EXPECT_EQ(found.count(), 0u);
    return std::move(*pack);
  }
  [[nodiscard]] std::optional<oid> scan(scanned_pack& foretold) const {
    return scan_foretold(disk, foretold, end, hash_kind::sha1, progress()).value();
  }
};

// The faults in the PACK.
std::string faults_of_pack(const byte_vector& image, std::uint64_t pack_end) {
  std::string text;
  for (const fault& f : check(image).faults)
    if (f.at < pack_end) text += std::string(name(f.code)) + " at " + std::to_string(f.at) + ": " + f.what + "\n";
  return text;
}

}  // namespace

TEST(ForetoldPack, IsThatWhichIsScanned) {
  const listed_sample s;
  const byte_vector image = s.image(s.outlines);
  const parts p(image);
  auto foretold = p.foretell();
  ASSERT_TRUE(foretold);
  const scanned_pack scanned = p.scan();
  const auto checksum = p.scan(*foretold);
  ASSERT_TRUE(checksum);
  EXPECT_EQ(*checksum, scanned.checksum);
  ASSERT_EQ(foretold->entries.size(), scanned.entries.size());
  for (std::size_t i = 0; i < scanned.entries.size(); ++i) {
    const pack_entry& a = foretold->entries[i];
    const pack_entry& b = scanned.entries[i];
    EXPECT_EQ(a.offset, b.offset);
    EXPECT_EQ(a.end, b.end);
    EXPECT_EQ(a.size, b.size);
    EXPECT_EQ(a.crc, b.crc);
    EXPECT_EQ(a.base, b.base);
    EXPECT_EQ(a.header_size, b.header_size);
    EXPECT_EQ(a.type, b.type);
    EXPECT_EQ(a.object, b.object);
    EXPECT_NE(a.position, kNoEntry);
  }
}

TEST(ForetoldPack, AnotherHeaderIsFound) {
  const listed_sample s;
  for (std::size_t i = 0; i < s.outlines.size(); ++i) {
    auto other = s.outlines;
    ++other[i].size;
    const byte_vector image = s.image(other);
    auto foretold = parts(image).foretell();
    ASSERT_TRUE(foretold) << i;
    EXPECT_FALSE(parts(image).scan(*foretold)) << "size of entry " << i;
  }
  auto other = s.outlines;
  other.back().entries_back = 2;
  const byte_vector image = s.image(other);
  auto foretold = parts(image).foretell();
  ASSERT_TRUE(foretold);
  EXPECT_FALSE(parts(image).scan(*foretold)) << "another base";
}

// No memory is taken for it.
TEST(ForetoldPack, WhatNoStreamCanHoldIsNotForetold) {
  const listed_sample s;
  auto other = s.outlines;
  other[2].size = std::uint64_t{1} << 40;
  EXPECT_FALSE(parts(s.image(other)).foretell());
  other = s.outlines;
  other.pop_back();
  EXPECT_FALSE(parts(s.image(other)).foretell()) << "fewer entries than IDX has";
}

// Whether the headers were foretold or not: the same faults in the PACK.
TEST(ForetoldPack, EveryByteOfThePackHasTheSameFaults) {
  const listed_sample s;
  const byte_vector with = s.image(s.outlines);
  const byte_vector without = hand_image(s.commit, s, {});
  const std::uint64_t end = kPackOffset + parts(with).end;
  ASSERT_TRUE(std::equal(with.begin() + kPackOffset, with.begin() + static_cast<std::ptrdiff_t>(end),
                         without.begin() + kPackOffset));
  for (std::uint64_t at = kPackOffset + kPackHeaderSize; at < end; ++at) {
    byte_vector one = with;
    byte_vector other = without;
    one[at] ^= std::byte{0x11};
    other[at] ^= std::byte{0x11};
    const std::string faults = faults_of_pack(one, end);
    EXPECT_NE(faults, "") << at;
    EXPECT_EQ(faults, faults_of_pack(other, end)) << at;
  }
}
