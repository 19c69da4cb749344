#include <gtest/gtest.h>

#include <algorithm>

#include "idx/format.hpp"
#include "support/verify_sample.hpp"

using namespace docteur;

TEST(VerifyIdx, AWrongCrcInIdxIsFoundBehindAGoodChecksum) {
  const sample s;
  byte_vector image = s.image();
  const idx_layout layout{5, 0, hash_kind::sha1};
  image[idx_offset_of(image) + layout.crcs()] ^= std::byte{1};  // of the object with the lowest id
  reseal_idx(image, s.idx_size());
  const auto lowest = std::ranges::min_element(s.pack.entries(), {}, &idx_entry::id);
  expect_one_fault(check(image), errc::bad_checksum, kPackOffset + lowest->offset, "CRC-32");
}

TEST(VerifyIdx, AWrongOffsetInIdxIsNamedAndHidesNothing) {
  const sample s;
  byte_vector image = s.image();
  const idx_layout layout{5, 0, hash_kind::sha1};
  const std::uint64_t at = idx_offset_of(image) + layout.offsets() + 4;
  image[at + 3] ^= std::byte{1};
  reseal_idx(image, s.idx_size());
  const verify_report r = check(image);
  EXPECT_EQ(r.fault_count, 2u) << all_of(r);
  expect_fault(r, errc::out_of_range, at, "where no entry begins");
  EXPECT_EQ(r.paths, 5u) << "the PACK itself is good";
}

TEST(VerifyIdx, AWrongIdInIdxIsOneFault) {
  const sample s;
  byte_vector image = s.image();
  const idx_layout layout{5, 0, hash_kind::sha1};
  image[idx_offset_of(image) + layout.ids() + 19] ^= std::byte{1};
  reseal_idx(image, s.idx_size());
  const auto lowest = std::ranges::min_element(s.pack.entries(), {}, &idx_entry::id);
  expect_one_fault(check(image), errc::bad_checksum, kPackOffset + lowest->offset, "IDX has it as");
}

TEST(VerifyIdx, AnUnreadableIdxDoesNotHideThePack) {
  const sample s;
  byte_vector image = s.image();
  const std::uint64_t at = idx_offset_of(image);
  image[at] = std::byte{0};
  const verify_report r = check(image);
  expect_fault(r, errc::bad_magic, at, "no IDX");
  EXPECT_EQ(r.paths, 5u) << all_of(r);
}

TEST(VerifyIdx, FanOutAndOrderOfIdx) {
  const sample s;
  byte_vector image = s.image();
  const std::uint64_t at = idx_offset_of(image);
  const auto lowest = std::ranges::min_element(s.pack.entries(), {}, &idx_entry::id)->id.view()[0];
  const std::uint64_t field = at + 8 + 4 * std::to_integer<std::uint64_t>(lowest);
  image[field + 3] = std::byte{0};  // was at least 1, so the fan-out still ascends
  reseal_idx(image, s.idx_size());
  expect_fault(check(image), errc::malformed, field, "fan-out");
}

TEST(VerifyIdx, PackChecksumInIdx) {
  const sample s;
  byte_vector image = s.image();
  const std::uint64_t at = idx_offset_of(image) + idx_layout{5, 0, hash_kind::sha1}.pack_checksum();
  image[at] ^= std::byte{1};
  reseal_idx(image, s.idx_size());
  expect_one_fault(check(image), errc::bad_checksum, at, "PACK checksum in IDX");
}

// For git, the first entry never needs 64 bits, so an IDX with only 64-bit offsets has a wrong size.
TEST(VerifyIdx, AllOffsetsOf64BitsAreAFaultAndSomeARemark) {
  sample s;
  const byte_vector pack = s.pack.pack();
  for (const std::uint64_t first_wide : {0u, 13u}) {
    const byte_vector narrow =
        hand_idx(s.pack.entries(), oid::from(pack.data() + pack.size() - id_size(hash_kind::sha1), hash_kind::sha1));
    const idx_layout layout{5, 0, hash_kind::sha1};
    byte_vector idx(narrow.begin(), narrow.begin() + static_cast<std::ptrdiff_t>(layout.wide_offsets()));
    std::uint32_t wide = 0;
    byte_vector table;
    for (std::uint32_t i = 0; i < 5; ++i) {
      std::byte* const field = idx.data() + layout.offsets() + i * 4;
      const std::uint64_t offset = load_be<std::uint32_t>(field);
      if (offset < first_wide) continue;
      store_be(field, kIdxWideOffset | wide++);
      table.resize(table.size() + 8);
      store_be(table.data() + table.size() - 8, offset);
    }
    append(idx, table);
    append(idx, bytes(pack).last(id_size(hash_kind::sha1)));
    sha1 hash;
    hash.update(idx);
    append(idx, hash.finish().view());
    const byte_vector image = hand_image(s.commit, pack, idx);
    if (first_wide == 0) {
      expect_one_fault(check(image), errc::malformed, idx_offset_of(image) + layout.offsets(), "which git refuses");
    } else {
      expect_good(check(image));
      expect_remark(check(image), "64-bit offsets where 32 bits would do");
    }
  }
}
