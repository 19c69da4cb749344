#include "reader/blob_stream.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/opened.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kStreamed = 64 << 10;  // bytes: a smaller limit for the tests, so that small blobs are streamed
constexpr std::uint32_t kInterval = 128 << 10;

limits small_bounds() {
  limits l;
  l.streamed_blob = kStreamed;
  return l;
}

// One file for each way to store a blob in an image.
struct sample {
  struct file {
    std::string name;
    std::string content;
  };
  std::vector<file> files{{"delta", prose(200'000, 1) + "changed"},
                          {"empty", ""},
                          {"plain", prose(700'001, 2)},
                          {"restartable", prose(700'003, 3)},
                          {"small", prose(1000, 4)},
                          {"stored", noise(500'005, 5)},
                          {"stored-blocks", noise(4 * 32768, 6)}};
  image_maker maker;
  oid commit;

  sample() {
    tree_text tree;
    const oid base = maker.add_blob(prose(200'000, 1));
    for (const file& f : files) {
      oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(f.content));
      if (f.name == "delta") {
        maker.add_ofs_delta(id, base, delta_text(200'000, f.content.size()).copy(0, 200'000).insert("changed").view());
      } else {
        using form = image_maker::form;
        const form how = f.name.starts_with("stored") ? form::stored
                         : f.name == "restartable"    ? form::restartable
                                                      : form::deflated;
        maker.add(object_type::blob, f.content, how, kInterval);
      }
      tree.add("100644", f.name, id);
    }
    commit = maker.add(object_type::commit, commit_text(maker.add_tree(tree)));
  }
};

class BlobStream : public testing::TestWithParam<bool> {
 protected:
  sample s;
  buffer raw = s.maker.image(s.commit);
};
INSTANTIATE_TEST_SUITE_P(, BlobStream, testing::Bool(),
                         [](const auto& which) { return which.param ? "Mapped" : "Copying"; });

TEST_P(BlobStream, GivesAllForward) {
  opened o(raw, GetParam(), small_bounds());
  for (const auto& f : s.files) {
    for (const std::size_t step : {1000u, 32768u, 131072u, 1u << 20}) {
      auto stream = o.open(f.name);
      ASSERT_TRUE(stream) << f.name << ": " << stream.error().what;
      ASSERT_EQ(stream->size(), f.content.size());
      buffer got(f.content.size());
      for (std::size_t at = 0; at < got.size(); at += step)
        ASSERT_TRUE(stream->read(at, mutable_bytes(got).subspan(at, std::min(step, got.size() - at)))) << f.name << at;
      EXPECT_TRUE(as_text(got) == f.content) << f.name << " by " << step;
    }
  }
}

TEST_P(BlobStream, AsMuchAsSuitsIsTheSame) {
  opened o(raw, GetParam(), small_bounds());
  for (const auto& f : s.files) {
    for (const auto& [most, room] : {std::pair{1u, 1u},
                                     {7u, 3u},
                                     {4u, 40'000u},
                                     {32'768u, 32'768u},
                                     {65'536u, 65'541u},
                                     {65'536u, 65'600u},
                                     {100'000u, 66'000u},
                                     {1u << 20, 1u << 20}}) {
      if (most < 10 && f.content.size() > 200'100) continue;  // small blobs are enough for reads of a few bytes
      auto stream = o.open(f.name);
      ASSERT_TRUE(stream);
      std::string got;
      buffer space(room);
      for (;;) {
        const auto n = stream->read_some(got.size(), most, space);
        ASSERT_TRUE(n) << f.name << " at " << got.size() << ": " << n.error().what;
        ASSERT_LE(*n, std::min(most, room));
        if (*n == 0) break;
        got += as_text(bytes(space).first(*n));
      }
      EXPECT_TRUE(got == f.content) << f.name << ", " << most << " in " << room;
    }
  }
}

TEST_P(BlobStream, RoomForTheHeadersGetsAllThatWasAskedForOfAStoredBlob) {
  opened o(raw, GetParam(), small_bounds());
  auto stream = o.open("stored");
  ASSERT_TRUE(stream);
  buffer space(65'536 + 3 * 5);
  for (const std::uint64_t at : {0u, 1u, 32'767u, 32'768u, 65'535u, 100'000u})
    EXPECT_EQ(stream->read_some(at, 65'536, space), 65'536u);
  EXPECT_EQ(stream->read_some(500'000, 65'536, space), 5u);
  EXPECT_EQ(stream->read_some(500'005, 65'536, space), 0u);
  EXPECT_EQ(stream->read_some(0, 0, space), 0u);
  EXPECT_EQ(stream->read_some(0, 10, {}), 0u);
  EXPECT_EQ(stream->read_some(500'006, 1, space).error().code, errc::out_of_range);
}

TEST_P(BlobStream, RandomRangesAreThoseOfTheContent) {
  opened o(raw, GetParam(), small_bounds());
  std::mt19937 random(1);
  for (const auto& f : s.files) {
    auto stream = o.open(f.name);
    ASSERT_TRUE(stream);
    for (int i = 0; i < 60; ++i) {
      const std::size_t at = random() % (f.content.size() + 1);
      const std::size_t n =
          std::min<std::size_t>(f.content.size() - at, random() % 3 == 0 ? random() % 200'000 : random() % 50);
      buffer got(n);
      ASSERT_TRUE(stream->read(at, got)) << f.name << " " << at << " " << n;
      ASSERT_TRUE(as_text(got) == std::string_view(f.content).substr(at, n)) << f.name << " " << at << " " << n;
      if (i % 10 == 0) {
        buffer direct(n);
        ASSERT_TRUE(o.reader().read_range(*o.snapshot().find(f.name), at, direct));
        ASSERT_TRUE(direct == got);
      }
    }
  }
}

TEST_P(BlobStream, EveryPlaceAroundAPoint) {
  opened o(raw, GetParam(), small_bounds());
  for (const std::string_view name : {"restartable", "stored", "stored-blocks", "plain"}) {
    const std::string& content = std::ranges::find(s.files, name, &sample::file::name)->content;
    auto stream = o.open(name);
    for (const std::size_t unit : {std::size_t{kInterval}, std::size_t{32768}}) {
      for (std::size_t point = 0; point <= content.size(); point += unit) {
        for (const std::size_t before : {0u, 1u, 2u}) {
          if (before > point) continue;
          buffer got(std::min<std::size_t>(3, content.size() - (point - before)));
          ASSERT_TRUE(stream->read(point - before, got)) << name << point;
          EXPECT_EQ(as_text(got), content.substr(point - before, got.size())) << name << point;
        }
      }
    }
  }
}

TEST_P(BlobStream, RefusesRangesThatLeaveTheBlob) {
  opened o(raw, GetParam(), small_bounds());
  for (const auto& f : s.files) {
    auto stream = o.open(f.name);
    buffer one(1);
    buffer two(2);
    EXPECT_EQ(stream->read(f.content.size(), one).error().code, errc::out_of_range) << f.name;
    EXPECT_EQ(stream->read(~std::uint64_t{0}, two).error().code, errc::out_of_range) << f.name;
    if (!f.content.empty()) {
      EXPECT_FALSE(stream->read(f.content.size() - 1, two)) << f.name;
      EXPECT_TRUE(stream->read(f.content.size() - 1, one)) << f.name;
    }
    EXPECT_TRUE(stream->read(f.content.size(), mutable_bytes())) << f.name;
  }
}

TEST(BlobStreamCost, ARangeOfALargeBlobIsReadInProportion) {
  sample s;
  opened o(s.maker.image(s.commit), false, small_bounds());
  for (const auto& [name, most] : {std::pair{"stored", 1000u + 16'384u}, {"restartable", 3 * kInterval}}) {
    auto stream = o.open(name);
    const std::uint64_t before = o.disk().bytes_read();
    buffer got(1000);
    ASSERT_TRUE(stream->read(450'000, got));
    EXPECT_LE(o.disk().bytes_read() - before, most) << name;
  }
}

TEST(BlobStreamCost, MemoryDoesNotGrowWithTheBlob) {
  sample s;
  opened o(s.maker.image(s.commit), false, small_bounds());
  for (const std::string_view name : {"plain", "restartable", "stored"}) {
    const std::size_t before = o.mem.used();
    auto stream = o.open(name);
    buffer got(1000);
    ASSERT_TRUE(stream->read(300'000, got));
    EXPECT_LE(o.mem.used() - before, 192u << 10) << name;
  }
}

TEST_P(BlobStream, WithoutTheSectionTableTheBytesAreTheSame) {
  const buffer plain = s.maker.image(s.commit, image_maker::sections::none);
  opened o(plain, GetParam(), small_bounds());
  EXPECT_FALSE(o.image().sections());
  for (const auto& f : s.files) {
    buffer got(f.content.size() / 2);
    ASSERT_TRUE(o.reader().read_range(*o.snapshot().find(f.name), f.content.size() - got.size(), got));
    EXPECT_TRUE(as_text(got) == f.content.substr(f.content.size() - got.size())) << f.name;
  }
}

TEST_P(BlobStream, AfterAFailedReadTheNextIsRight) {
  if (GetParam()) return;  // a mapped device does not fail
  opened o(raw, false, small_bounds());
  for (const auto& f : s.files) {
    if (f.content.size() < kStreamed) continue;
    for (std::size_t n = 0; n < 6; ++n) {
      auto stream = o.open(f.name);
      ASSERT_TRUE(stream);
      buffer got(f.content.size() - 1000);
      o.disk().fail_at(n);
      const bool first = stream->read(1000, got).has_value();
      o.disk().fail_at(kNever);
      ASSERT_TRUE(stream->read(1000, got)) << f.name << n << first;
      EXPECT_TRUE(as_text(got) == f.content.substr(1000)) << f.name << n;
      ASSERT_TRUE(stream->read(0, mutable_bytes(got).first(10)));
      EXPECT_EQ(as_text(bytes(got).first(10)), f.content.substr(0, 10));
    }
  }
}

// The IDX says that another entry begins inside the blob's own header, near the device's end.
TEST_P(BlobStream, AnEntryThatEndsInItsOwnHeaderIsRefused) {
  image_maker m;
  const std::string content = prose(100'000, 1);
  const oid blob = m.add_blob(content);
  const oid tree = m.add_tree(tree_text().add("100644", "file", blob));
  const oid commit = m.add(object_type::commit, commit_text(tree));
  m.name(object_id(hash_kind::sha1, object_type::blob, as_bytes("nothing")), m.offset(blob) + 1);
  opened o(m.image(commit), GetParam(), small_bounds());
  const auto size = o.reader().size(*o.snapshot().find("file"));
  ASSERT_TRUE(!size || *size == content.size());
  buffer got(content.size());
  EXPECT_FALSE(o.reader().read_range(*o.snapshot().find("file"), 0, got));
  EXPECT_FALSE(o.reader().zlib_stream(*o.snapshot().find("file")));
}

// A record whose points are not those of the stream leads to an error or to other bytes, but no read leaves the entry.
TEST_P(BlobStream, PointsThatLieStayInside) {
  const std::string content = prose(400'000, 3);
  for (const std::uint64_t point : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5000}, std::uint64_t{1} << 32,
                                    ~std::uint64_t{0}, ~std::uint64_t{0} - 100}) {
    sample one;
    buffer image = one.maker.image(one.commit);
    section_table table =
        *decode_section_table(bytes(image).subspan(load_le<std::uint64_t>(image.data() + 20) - 512, 512),
                              load_le<std::uint64_t>(image.data() + 20));
    section& restart = table.entries[0];
    const std::size_t points = restart.offset + kRestartHeaderSize + 3 * kRestartRecordSize;
    for (std::size_t at = points; at < restart.offset + restart.length; at += 8) store_le(image.data() + at, point);
    restart.crc = libdeflate_crc32(0, image.data() + restart.offset, restart.length);
    std::ranges::copy(encode_section_table(table),
                      image.begin() + static_cast<std::ptrdiff_t>(load_le<std::uint64_t>(image.data() + 20) - 512));
    opened o(image, GetParam(), small_bounds());
    buffer got(200'000);
    (void)o.reader().read_range(*o.snapshot().find("restartable"), 300'000, got);
    EXPECT_TRUE(o.disk().stayed_inside());
  }
}

TEST(BlobStreamMemory, EveryFailingAllocationIsSaid) {
  sample s;
  const buffer raw = s.maker.image(s.commit);
  for (const auto& f : s.files) {
    opened o(raw, false, small_bounds());
    std::size_t blocks = 0;
    for (const int round : {0, 1}) {
      bool whole = false;
      for (std::size_t n = 0; !whole; ++n) {
        ASSERT_LT(n, 50u);
        o.mem.fail_at(n, true);
        buffer got(f.content.size());
        const auto done = o.reader().read_range(*o.snapshot().find(f.name), 0, got);
        whole = done.has_value();
        if (whole) {
          EXPECT_TRUE(as_text(got) == f.content);
        } else {
          EXPECT_EQ(done.error().code, errc::out_of_memory) << f.name << done.error().what;
        }
      }
      o.mem.fail_at(kNever);
      o.reader().objects().cache().clear();
      // In the first round the reader allocates the buffers that it keeps.
      if (round == 0) blocks = o.mem.blocks();
      EXPECT_EQ(o.mem.blocks(), blocks) << f.name;
    }
  }
}

// A size that no deflate stream can have is an error before anything is computed from it; the same for stored streams.
TEST_P(BlobStream, ClaimsBeyondItsEntryAreRefused) {
  const std::string content = prose(200'000, 7);
  const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes("claimed"));
  for (const auto how : {image_maker::form::deflated, image_maker::form::stored}) {
    const bool is_stored = how == image_maker::form::stored;
    const buffer stream = is_stored ? stored(as_bytes(content)) : deflated(as_bytes(content));
    for (const std::uint64_t size :
         {is_stored ? stream.size() + 1 : (stream.size() + 64) * 1032, std::uint64_t{1} << 40, std::uint64_t{1} << 63,
          ~std::uint64_t{0} / 32'773 * 32'768, ~std::uint64_t{0}}) {
      image_maker m;
      m.add_claim(id, size, stream, how);
      const oid commit = m.add(object_type::commit, commit_text(m.add_tree(tree_text().add("100644", "claimed", id))));
      opened o(m.image(commit), GetParam(), small_bounds());
      EXPECT_FALSE(o.open("claimed")) << size;
      if (!is_stored) {
        EXPECT_FALSE(o.reader().objects().info(o.image().offset(*o.snapshot().find("claimed")))) << size;
      }
    }
  }
}

}  // namespace
}  // namespace docteur
