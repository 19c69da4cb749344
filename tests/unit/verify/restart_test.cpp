// Verification of the restart section (layout/restart_section.hpp).
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <random>

#include "pack/writer.hpp"
#include "support/hand_image.hpp"
#include "support/memory_source.hpp"
#include "support/verified.hpp"

using namespace docteur;

namespace {

constexpr std::uint32_t kInterval = 32768;

std::string prose(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(random() % 1000) + " of the text\n";
  text.resize(size);
  return text;
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

struct listed_blob {
  restart_record record;
  std::vector<std::uint64_t> points;
};

byte_vector encode(const std::vector<listed_blob>& blobs) {
  std::size_t points = 0;
  for (const listed_blob& b : blobs) points += b.points.size();
  byte_vector out(kRestartHeaderSize + blobs.size() * kRestartRecordSize + points * kRestartPointSize);
  store_le(out.data(), static_cast<std::uint32_t>(blobs.size()));
  std::byte* record = out.data() + kRestartHeaderSize;
  std::byte* point = record + blobs.size() * kRestartRecordSize;
  for (const listed_blob& b : blobs) {
    encode_restart_record(record, b.record);
    record += kRestartRecordSize;
    for (const std::uint64_t p : b.points) {
      store_le(point, p);
      point += kRestartPointSize;
    }
  }
  return out;
}

// A PACK by write_pack() with one large blob that deflates and one that does not.
struct written {
  byte_vector pack;
  written_pack what;
  oid commit;
  std::vector<listed_blob> blobs;

  written() {
    const memory_source source({{"prose", prose(200'000, 1)}, {"noise", noise(150'000, 2)}, {"small", "small"}});
    memory_sink sink;
    pack_options options;
    options.large_blob = 100'000;
    options.restart_interval = kInterval;
    progress quiet;
    auto made = write_pack(source, sink, options, quiet);
    EXPECT_TRUE(made);
    what = std::move(*made);
    pack.assign(sink.view().begin(), sink.view().end());
    commit = source.commit().id;
    std::uint64_t first = 0;
    for (const restart_points& r : what.restarts) {
      blobs.push_back({{r.offset, r.size, first, r.interval, r.stored}, r.points});
      first += r.points.size();
    }
    EXPECT_EQ(blobs.size(), 2u);
  }
  [[nodiscard]] byte_vector image(const byte_vector& restarts) const {
    return hand_image(commit, pack, hand_idx(what.entries, what.checksum), {.restarts = restarts});
  }
  [[nodiscard]] byte_vector image() const { return image(encode(blobs)); }
  [[nodiscard]] listed_blob& deflated() { return blobs[blobs[0].record.stored ? 1 : 0]; }
  [[nodiscard]] listed_blob& stored() { return blobs[blobs[0].record.stored ? 0 : 1]; }
};

// An image with one listed blob, whose zlib stream is `stream`.
struct hand_blob {
  hand_pack pack;
  oid blob;
  restart_record record;

  hand_blob(const std::string& content, const byte_vector& stream, bool stored) {
    record = {pack.next_offset(), content.size(), 0, kInterval, stored};
    blob = pack.add(object_type::blob, content, stream);
  }
  [[nodiscard]] byte_vector image(const std::vector<std::uint64_t>& points) {
    const oid root = pack.add(object_type::tree, tree_text().add("100644", "a", blob).text());
    const oid commit = pack.add(object_type::commit, commit_text(root));
    return hand_image(commit, pack, {.restarts = encode({{record, points}})});
  }
};

// Deflates with a flush of the given kinds behind every interval. `points`: the length of the stream after each.
byte_vector deflate_with(const std::string& content, const std::vector<int>& flushes,
                         std::vector<std::vector<std::uint64_t>>& points) {
  byte_vector out(2 * content.size() + 1000);
  z_stream z{};
  EXPECT_EQ(deflateInit(&z, 6), Z_OK);
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  for (std::size_t at = 0; at < content.size(); at += kInterval) {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data() + at));
    z.avail_in = static_cast<uInt>(std::min<std::size_t>(kInterval, content.size() - at));
    if (at + kInterval >= content.size()) {
      EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
      continue;
    }
    points.emplace_back();
    for (const int flush : flushes) {
      EXPECT_EQ(deflate(&z, flush), Z_OK);
      points.back().push_back(z.total_out);
    }
  }
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

}  // namespace

TEST(VerifyRestarts, WhatTheWriterMakesIsGood) {
  const written w;
  expect_good(check(w.image()));
  const byte_vector without = hand_image(w.commit, w.pack, hand_idx(w.what.entries, w.what.checksum));
  expect_good(check(without));
}

TEST(VerifyRestarts, APointThatIsElsewhere) {
  for (const std::size_t i : {0u, 2u, 5u}) {
    for (const int by : {-4, -1, 1, 1000, -1000}) {
      written w;
      listed_blob& b = w.deflated();
      ASSERT_EQ(b.points.size(), 6u);
      b.points[i] += static_cast<std::uint64_t>(by);
      const byte_vector image = w.image();
      const std::uint64_t at = round_up(kPackOffset + w.pack.size(), 512) + kRestartHeaderSize +
                               2 * kRestartRecordSize + (b.record.first_point + i) * kRestartPointSize;
      expect_one_fault(check(image), errc::malformed, at, "not at a full flush");
    }
  }
}

TEST(VerifyRestarts, EveryBitOfTheSection) {
  const written w;
  const byte_vector good = encode(w.blobs);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      byte_vector bad = good;
      bad[i] ^= static_cast<std::byte>(1u << bit);
      ASSERT_FALSE(check(w.image(bad)).good()) << "bit " << bit << " of byte " << i;  // the checksum is correct
    }
  }
}

TEST(VerifyRestarts, ASectionOfAnotherLength) {
  const written w;
  const byte_vector good = encode(w.blobs);
  for (std::size_t n = 1; n < good.size(); n += 4)
    ASSERT_FALSE(check(w.image(byte_vector(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)))).good()) << n;
  byte_vector longer = good;
  longer.resize(good.size() + kRestartPointSize);
  EXPECT_FALSE(check(w.image(longer)).good());
}

TEST(VerifyRestarts, RecordsAreInOrderAndOfBlobs) {
  written w;
  std::swap(w.blobs[0], w.blobs[1]);
  EXPECT_FALSE(check(w.image()).good());
  w = written();
  w.blobs[0].record.entry_offset = w.what.entries[1].offset;  // the root tree
  EXPECT_FALSE(check(w.image()).good());
  w = written();
  w.stored().record.stored = false;
  EXPECT_FALSE(check(w.image()).good());
  w = written();
  w.deflated().record.stored = true;
  EXPECT_FALSE(check(w.image()).good());
}

// A sync flush looks like a full flush, but what follows it refers to what is before.
TEST(VerifyRestarts, AFlushThatKeepsTheWindowIsNoRestartPoint) {
  const std::string content = prose(100'000, 3);
  for (const int flush : {Z_FULL_FLUSH, Z_SYNC_FLUSH}) {
    std::vector<std::vector<std::uint64_t>> at;
    hand_blob b(content, deflate_with(content, {flush}, at), false);
    std::vector<std::uint64_t> points;
    for (const auto& p : at) points.push_back(p.back());
    const verify_report r = check(b.image(points));
    if (flush == Z_FULL_FLUSH) {
      expect_good(r);
    } else {
      EXPECT_EQ(r.fault_count, 1u) << all_of(r);
    }
  }
}

// If there are two flushes at one place, the point is behind the second, where the block with the next byte begins.
TEST(VerifyRestarts, BehindTheLastOfTwoFlushes) {
  const std::string content = prose(100'000, 4);
  std::vector<std::vector<std::uint64_t>> at;
  // zlib omits a flush after a flush of the same kind, so the two are of different kinds.
  const byte_vector stream = deflate_with(content, {Z_SYNC_FLUSH, Z_FULL_FLUSH}, at);
  ASSERT_LT(at[0][0], at[0][1]);
  std::vector<std::uint64_t> first, second;
  for (const auto& p : at) first.push_back(p[0]), second.push_back(p[1]);
  hand_blob good(content, stream, false);
  expect_good(check(good.image(second)));
  hand_blob bad(content, stream, false);
  const verify_report r = check(bad.image(first));
  EXPECT_EQ(r.fault_count, 1u) << all_of(r);
  ASSERT_FALSE(r.faults.empty());
  EXPECT_NE(r.faults[0].what.find("not behind its flush"), std::string::npos) << all_of(r);
}

TEST(VerifyRestarts, AStoredBlobIsStoredBlockByBlock) {
  const std::string content = noise(80'000, 5);
  const auto stored = [&](std::size_t block, int flags) {
    byte_vector s{std::byte{0x78}, static_cast<std::byte>(flags)};
    for (std::size_t at = 0; at < content.size(); at += block) {
      const std::size_t n = std::min(block, content.size() - at);
      std::array<std::byte, 5> head{at + n == content.size() ? std::byte{1} : std::byte{0}};
      store_le(head.data() + 1, static_cast<std::uint16_t>(n));
      store_le(head.data() + 3, static_cast<std::uint16_t>(~n));
      append(s, head);
      append(s, as_bytes(std::string_view(content).substr(at, n)));
    }
    std::array<std::byte, 4> sum{};
    store_be(sum.data(), libdeflate_adler32(1, content.data(), content.size()));
    append(s, sum);
    return s;
  };
  hand_blob good(content, stored(kInterval, 0x01), true);
  expect_good(check(good.image({})));
  hand_blob other_blocks(content, stored(kInterval - 1, 0x01), true);
  EXPECT_EQ(check(other_blocks.image({})).fault_count, 1u);
  hand_blob other_header(content, stored(kInterval, 0x9c), true);
  EXPECT_EQ(check(other_header.image({})).fault_count, 1u);
  byte_vector spoilt = stored(kInterval, 0x01);
  spoilt.back() ^= std::byte{1};
  hand_blob sum(content, spoilt, true);
  const verify_report r = check(sum.image({}));
  EXPECT_EQ(r.fault_count, 1u) << all_of(r);
}

// A streamed blob: damage is found wherever it is, and deltas of the blob can still be rebuilt.
TEST(VerifyRestarts, StreamedBlobs) {
  const std::string content = prose(100'000, 6);
  verify_options options;
  options.bounds.streamed_blob = 1000;
  const auto image_with = [&](const byte_vector& stream, std::uint64_t size) {
    hand_pack p;
    const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(content));
    p.put({entry_type::blob, 0, size, 0, {}}, id, stream);
    const oid on_it = p.add_ref(object_type::blob, id, content.size(), "delta");
    const oid root = p.add(object_type::tree, tree_text().add("100644", "a", id).add("100644", "b", on_it).text());
    const oid commit = p.add(object_type::commit, commit_text(root));
    return hand_image(commit, p);
  };
  const byte_vector good = zlib_stream(content);
  const verify_report r = check(image_with(good, content.size()), options);
  expect_good(r);
  EXPECT_EQ(r.deltas, 1u);
  EXPECT_FALSE(check(image_with(good, content.size() + 1), options).good());
  EXPECT_FALSE(check(image_with(good, content.size() - 1), options).good());
  byte_vector longer = good;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(check(image_with(longer, content.size()), options).good());
  const byte_vector shorter(good.begin(), good.end() - 1);
  EXPECT_FALSE(check(image_with(shorter, content.size()), options).good());
  for (std::size_t i = 0; i < good.size(); i += 101) {
    byte_vector bad = good;
    bad[i] ^= std::byte{4};
    EXPECT_FALSE(check(image_with(bad, content.size()), options).good()) << i;
  }
}
