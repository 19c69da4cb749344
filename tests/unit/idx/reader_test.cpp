#include "idx/reader.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <sstream>

#include "support/image_maker.hpp"
#include "support/scratch.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

class vector_sink : public byte_sink {
 public:
  outcome<void> write(bytes data) override {
    append(raw, data);
    return {};
  }
  buffer raw;
};

buffer idx_of(const std::vector<idx_entry>& entries) {
  vector_sink out;
  EXPECT_TRUE(write_idx(entries, object_id(hash_kind::sha1, object_type::blob, {}), out));
  out.raw.shrink_to_fit();
  return out.raw;
}

// `n` objects; some offsets beyond 2^31 and 2^32.
std::vector<idx_entry> sample(std::uint32_t n) {
  std::vector<idx_entry> all;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::string text = std::to_string(i);
    std::uint64_t offset = 12 + i;
    if (i % 5 == 3) offset += 0x7fffffff;
    if (i % 5 == 4) offset += std::uint64_t{5} << 32;
    all.push_back({object_id(hash_kind::sha1, object_type::blob, as_bytes(text)), offset, i * 17});
  }
  return all;
}

TEST(IdxReader, ReadsWhatGitWrites) {
  const scratch dir;
  (void)dir.run(
      "git init -q --bare repo && for i in $(seq 300); do printf 'blob\\ndata <<EOF\\nfile %s\\nEOF\\n' $i; done |"
      "git -C repo fast-import --quiet && git -C repo cat-file --batch-all-objects --batch-check='%(objectname)' |"
      "git -C repo pack-objects -q ../p && mv p-*.pack p.pack && rm p-*.idx");
  // The second form puts every offset from 0x100 on into the 64-bit table.
  for (const char* version : {"2", "2,0x100"}) {
    (void)dir.run("git -C repo index-pack --index-version=" + std::string(version) + " ../p.pack");
    const std::string raw = file_content(dir / "p.idx");
    const auto idx = idx_view::open(as_bytes(raw), std::filesystem::file_size(dir / "p.pack"), 0, hash_kind::sha1);
    ASSERT_TRUE(idx) << version;
    std::istringstream shown(dir.run("git -C repo show-index < p.idx"));
    std::uint32_t position = 0;
    for (std::string offset, id, crc; shown >> offset >> id >> crc; ++position) {
      ASSERT_LT(position, idx->count());
      EXPECT_EQ(hex(idx->id(position)), id);
      EXPECT_EQ(idx->offset(position), std::stoull(offset));
      EXPECT_EQ(
          "(" + (std::ostringstream() << std::hex << std::setw(8) << std::setfill('0') << idx->crc(position)).str() +
              ")",
          crc);
      EXPECT_EQ(idx->find(*parse_hex(id, hash_kind::sha1)), position);
    }
    EXPECT_EQ(position, idx->count());
    EXPECT_EQ(position, 300u);
    EXPECT_EQ(idx->layout().size(), raw.size());
    EXPECT_EQ(idx->layout().wide > 0, std::string_view(version) != "2");
    const std::string pack = file_content(dir / "p.pack");
    EXPECT_EQ(as_text(idx->pack_checksum().view()), pack.substr(pack.size() - id_size(hash_kind::sha1)));
  }
}

TEST(IdxReader, FindsEachAndNothingElse) {
  for (const std::uint32_t n : {0u, 1u, 2u, 255u, 256u, 5000u}) {
    const std::vector<idx_entry> entries = sample(n);
    const buffer raw = idx_of(entries);
    const auto idx = idx_view::open(raw, kNoLimit, 0, hash_kind::sha1);
    ASSERT_TRUE(idx);
    ASSERT_EQ(idx->count(), n);
    for (const idx_entry& e : entries) {
      const auto position = idx->find(e.id);
      ASSERT_TRUE(position);
      EXPECT_EQ(idx->id(*position), e.id);
      EXPECT_EQ(idx->offset(*position), e.offset);
      EXPECT_EQ(idx->crc(*position), e.crc);
      oid neighbour = e.id;
      neighbour.view().back() ^= std::byte{1};
      EXPECT_FALSE(idx->find(neighbour));
    }
    for (const int fill : {0x00, 0xff}) {
      oid absent;
      std::ranges::fill(absent.view(), static_cast<std::byte>(fill));
      EXPECT_FALSE(idx->find(absent));
    }
  }
}

// Objects whose ids differ only in their last two bytes, `numbers` of each, before and after others.
std::vector<idx_entry> alike(const std::vector<std::uint16_t>& numbers) {
  std::vector<idx_entry> all = sample(200);
  oid id;
  std::ranges::fill(id.view(), std::byte{0x5a});
  for (const std::uint16_t number : numbers) {
    store_be(id.view().data() + id_size(hash_kind::sha1) - 2, number);
    all.push_back({id, 1000 + all.size(), 0});
  }
  return all;
}

TEST(IdxReader, FindsIdsThatShareTheirFirstBytes) {
  for (const std::size_t n : {2u, 3u, 60u, 500u}) {
    std::vector<std::uint16_t> numbers(n);
    std::iota(numbers.begin(), numbers.end(), std::uint16_t{0});
    const std::vector<idx_entry> entries = alike(numbers);
    const buffer raw = idx_of(entries);
    const auto idx = idx_view::open(raw, kNoLimit, 0, hash_kind::sha1);
    ASSERT_TRUE(idx);
    for (const idx_entry& e : entries) {
      const auto position = idx->find(e.id);
      ASSERT_TRUE(position) << n;
      EXPECT_EQ(idx->offset(*position), e.offset);
    }
  }
}

TEST(IdxReader, AnIdThatStandsTwiceMeansItsFirstRow) {
  for (const std::size_t n : {2u, 3u, 64u, 300u}) {
    std::vector<std::uint16_t> numbers(n, 1);
    numbers.insert(numbers.end(), {0, 2});
    const buffer raw = idx_of(alike(numbers));
    const auto idx = idx_view::open(raw, kNoLimit, 0, hash_kind::sha1);
    ASSERT_TRUE(idx);
    const auto first = idx->find(alike({1}).back().id);
    ASSERT_TRUE(first);
    EXPECT_EQ(idx->offset(*first), 1200u) << "rows of one id are in the order of the PACK";
    EXPECT_NE(idx->id(*first - 1), idx->id(*first));
    EXPECT_EQ(idx->id(*first + 1), idx->id(*first));
  }
}

TEST(IdxReader, RefusesEveryPrefix) {
  const buffer raw = idx_of(sample(10));
  ASSERT_TRUE(idx_view::open(raw, kNoLimit, 0, hash_kind::sha1));
  for (std::size_t n = 0; n < raw.size(); ++n) {
    buffer cut(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(n));
    cut.shrink_to_fit();
    EXPECT_EQ(idx_view::open(cut, kNoLimit, 0, hash_kind::sha1).error().code, errc::truncated) << "prefix " << n;
  }
}

TEST(IdxReader, EveryBitFlipStaysInside) {
  buffer raw = idx_of(sample(10));
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    if (const auto idx = idx_view::open(raw, kNoLimit, 0, hash_kind::sha1)) {
      for (std::uint32_t i = 0; i < idx->count(); ++i) {
        EXPECT_GE(idx->offset(i), 12u);
        const auto found = idx->find(idx->id(i));
        EXPECT_TRUE(!found || idx->id(*found) == idx->id(i));
      }
    }
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
  }
}

TEST(IdxReader, RefusesOffsetsOutsideThePack) {
  std::vector<idx_entry> entries = sample(3);
  EXPECT_TRUE(idx_view::open(idx_of(entries), 15, 0, hash_kind::sha1));
  EXPECT_EQ(idx_view::open(idx_of(entries), 14, 0, hash_kind::sha1).error().code, errc::out_of_range);
  entries[0].offset = 11;
  EXPECT_EQ(idx_view::open(idx_of(entries), 15, 0, hash_kind::sha1).error().code, errc::out_of_range);
  entries = sample(5);
  EXPECT_TRUE(idx_view::open(idx_of(entries), (std::uint64_t{5} << 32) + 17, 0, hash_kind::sha1));
  EXPECT_EQ(idx_view::open(idx_of(entries), (std::uint64_t{5} << 32) + 16, 0, hash_kind::sha1).error().code,
            errc::out_of_range);
}

TEST(IdxReader, RefusesAPointerBehindTheWideOffsets) {
  buffer raw = idx_of(sample(5));  // two of the offsets are wide
  const idx_layout l{5, 2, hash_kind::sha1};
  for (std::uint32_t i = 0; i < 5; ++i) {
    std::byte* at = raw.data() + l.offsets() + i * 4;
    if ((load_be<std::uint32_t>(at) & kIdxWideOffset) == 0) continue;
    store_be(at, kIdxWideOffset | 2);
    EXPECT_EQ(idx_view::open(raw, kNoLimit, 1000, hash_kind::sha1).error().code, errc::out_of_range);
    EXPECT_EQ(idx_view::open(raw, kNoLimit, 1000, hash_kind::sha1).error().at, 1000 + l.offsets() + i * 4);
    store_be(at, 0xffffffffu);
    EXPECT_EQ(idx_view::open(raw, kNoLimit, 0, hash_kind::sha1).error().code, errc::out_of_range);
    return;
  }
  FAIL() << "no wide offset";
}

TEST(IdxReader, RefusesAFanOutThatDecreases) {
  buffer raw = idx_of(sample(100));
  store_be(raw.data() + 8 + 4 * 10, std::uint32_t{101});
  EXPECT_EQ(idx_view::open(raw, kNoLimit, 0, hash_kind::sha1).error().code, errc::malformed);
}

TEST(IdxReader, RefusesMoreObjectsThanThereIsRoomFor) {
  buffer raw = idx_of(sample(1));
  for (int i = 0; i < 256; ++i) store_be(raw.data() + 8 + 4 * i, 0xffffffffu);
  EXPECT_EQ(idx_view::open(raw, kNoLimit, 0, hash_kind::sha1).error().code, errc::truncated);
}

TEST(IdxReader, RefusesOtherMagicAndVersion) {
  buffer raw = idx_of(sample(1));
  raw[0] = std::byte{0};
  EXPECT_EQ(idx_view::open(raw, kNoLimit, 0, hash_kind::sha1).error().code, errc::bad_magic);
  raw = idx_of(sample(1));
  raw[7] = std::byte{1};
  EXPECT_EQ(idx_view::open(raw, kNoLimit, 0, hash_kind::sha1).error().code, errc::bad_version);
}

}  // namespace
}  // namespace docteur
