#include "reader/snapshot.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "support/opened.hpp"
#include "support/small_world.hpp"

namespace docteur {
namespace {

// On a mapped device, or one that copies.
class Snapshot : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, Snapshot, testing::Bool(),
                         [](const auto& which) { return std::string(which.param ? "Mapped" : "Copying"); });

// "first" and "second" are one blob; "large" is streamed, "delta" is rebuilt whole.
struct some_files {
  image_maker maker;
  const std::string large = prose(300'000, 1);
  const std::string base = prose(50'000, 2);
  const std::string delta = base + "and a line";
  buffer raw;

  some_files() {
    const oid same = maker.add_blob("twice");
    const oid base_id = maker.add_blob(base);
    const oid delta_id = object_id(hash_kind::sha1, object_type::blob, as_bytes(delta));
    const auto copied = static_cast<std::uint32_t>(base.size());
    maker.add_ofs_delta(delta_id, base_id,
                        delta_text(base.size(), delta.size()).copy(0, copied).insert("and a line").view());
    const oid root = maker.add_tree(tree_text()
                                        .add("100644", "delta", delta_id)
                                        .add("100644", "first", same)
                                        .add("100644", "large", maker.add_blob(large))
                                        .add("100644", "second", same));
    raw = maker.image(maker.add(object_type::commit, commit_text(root)));
  }
  static limits bounds() {
    limits l;
    l.streamed_blob = 100'000;
    return l;
  }
};

TEST_P(Snapshot, EachPathHasALeafOfItsOwn) {
  const small_world s;
  const buffer raw = s.maker.image(s.commit);
  opened o(raw, GetParam()), again(raw, GetParam());
  std::set<std::uint32_t> leaves{o.snapshot().find("")->leaf};
  auto list = o.snapshot().list("", snapshot::depth::all);
  ASSERT_TRUE(list);
  while (const auto e = list->next()) {
    EXPECT_GT(e->node.leaf, 0u);
    EXPECT_TRUE(leaves.insert(e->node.leaf).second) << e->name;
    EXPECT_EQ(o.snapshot().find(e->name)->leaf, e->node.leaf) << e->name;
    EXPECT_EQ(o.snapshot().find_prefix(e->name)->node.leaf, e->node.leaf) << e->name;
    EXPECT_EQ(again.snapshot().find(e->name)->leaf, e->node.leaf) << e->name;
  }
  EXPECT_EQ(leaves.size(), o.snapshot().tree().size());
  EXPECT_EQ(o.reader().resolve(o.snapshot(), "link-dir/file")->leaf, o.snapshot().find("a/file")->leaf);

  const some_files f;
  opened files(f.raw, GetParam());
  const node first = *files.snapshot().find("first"), second = *files.snapshot().find("second");
  EXPECT_EQ(first.position, second.position);
  EXPECT_NE(first.leaf, second.leaf);
}

TEST_P(Snapshot, AListGoesOnFromWhereItStopped) {
  const small_world s;
  opened o(s.maker.image(s.commit), GetParam());
  for (const auto levels : {snapshot::depth::children, snapshot::depth::all}) {
    for (const std::string& folder : {std::string(), std::string("a"), std::string("odd"), std::string("empty")}) {
      std::vector<std::string> names;
      auto whole = o.snapshot().list(folder, levels);
      ASSERT_TRUE(whole);
      while (const auto e = whole->next()) names.emplace_back(e->name);
      for (std::size_t i = 0; i < names.size(); ++i) {
        auto rest = o.snapshot().list(folder, levels, names[i]);
        ASSERT_TRUE(rest) << names[i];
        for (std::size_t next = i + 1; next < names.size(); ++next) {
          const auto e = rest->next();
          ASSERT_TRUE(e) << names[next];
          EXPECT_EQ(e->name, names[next]);
        }
        EXPECT_FALSE(rest->next()) << names[i];
      }
    }
  }
  EXPECT_EQ(o.snapshot().list("", snapshot::depth::children, "nowhere").error().code, errc::not_found);
  EXPECT_EQ(o.snapshot().list("a", snapshot::depth::children, "../a0").error().code, errc::not_found);
  EXPECT_EQ(o.snapshot().list("", snapshot::depth::children, std::string(100'000, 'x')).error().code, errc::not_found);
}

TEST_P(Snapshot, AStreamOutlivesItsReaderAndItsThread) {
  const some_files f;
  opened o(f.raw, GetParam(), some_files::bounds());
  for (const auto& [path, content] : {std::pair("large", f.large), std::pair("delta", f.delta)}) {
    std::optional<blob_stream> stream;
    {
      auto reader = image_reader::make(o.image(), o.mem.handle());
      ASSERT_TRUE(reader);
      auto opened_by = reader->open(*o.snapshot().find(path));
      ASSERT_TRUE(opened_by) << path;
      stream.emplace(std::move(*opened_by));
    }
    buffer got(content.size());
    const std::size_t half = got.size() / 2;
    bool first = false, second = false;
    std::thread([&] { first = stream->read(0, mutable_bytes(got).first(half)).has_value(); }).join();
    std::thread([&] { second = stream->read(half, mutable_bytes(got).subspan(half)).has_value(); }).join();
    EXPECT_TRUE(first && second) << path;
    EXPECT_TRUE(as_text(got) == content) << path;
  }
}

// Whichever read fails, the same call made again returns the right result: no cache and no stream keeps a failure.
TEST(SnapshotOnAFailingDevice, AFailedReadIsNotKept) {
  const some_files f;
  for (const std::string path : {"large", "delta", "first"}) {
    const std::string& content = path == "large" ? f.large : path == "delta" ? f.delta : std::string("twice");
    for (std::size_t n = 0;; ++n) {
      ASSERT_LT(n, 1000u);
      counting_memory mem;
      copying_device disk(f.raw);
      attached_image image;
      ASSERT_TRUE(image.attach(disk.handle(), mem.handle(), {some_files::bounds()}));
      const node file = *image.snapshot().find(path);
      disk.fail_at(n);
      unsigned failures = 0;
      const auto again = [&](const auto& call) {
        auto answer = call();
        if (answer) return answer;
        EXPECT_EQ(answer.error().code, errc::io);
        ++failures;
        return call();
      };
      const auto size = again([&] { return image.reader().size(file); });
      ASSERT_TRUE(size && *size == content.size()) << path << n;
      buffer got(*size);
      ASSERT_TRUE(again([&] { return image.reader().read(file, got); })) << path << n;
      ASSERT_TRUE(as_text(got) == content) << path << n;
      auto stream = again([&] { return image.reader().open(file); });
      ASSERT_TRUE(stream) << path << n;
      for (std::size_t at = 0; at < content.size(); at += 40'000) {
        const mutable_bytes part = mutable_bytes(got).first(std::min<std::size_t>(40'000, content.size() - at));
        ASSERT_TRUE(again([&] { return stream->read(at, part); })) << path << n;
        ASSERT_TRUE(as_text(part) == content.substr(at, part.size())) << path << n;
      }
      ASSERT_TRUE(again([&] { return image.snapshot().id(file); })) << path << n;
      if (failures == 0) break;  // all reads have failed once
    }
  }
}

}  // namespace
}  // namespace docteur
