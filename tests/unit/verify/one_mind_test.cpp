// The reader reads what docteur-verify passes, and the result is the same whichever thread comes first.
#include <gtest/gtest.h>

#include "host/heap.hpp"
#include "reader/attached_image.hpp"
#include "support/guest.hpp"
#include "support/verify_sample.hpp"

using namespace docteur;

namespace {

// Returns the checked content of each path, or the error.
std::string read_of(const device& d, std::string_view path, const limits& bounds = {}) {
  attached_image from;
  if (const auto attached = from.attach(d, heap_memory(), {bounds}); !attached)
    return std::string("error: ") + attached.error().what;
  const auto there = from.snapshot().find(path);
  if (!there) return "error: not there";
  const auto size = from.reader().size(*there);
  if (!size) return std::string("error: ") + size.error().what;
  std::string text(*size, '\0');
  const auto read = from.reader().read(*there, {reinterpret_cast<std::byte*>(text.data()), text.size()});
  return read ? text : std::string("error: ") + read.error().what;
}

oid blob_id(std::string_view content) { return object_id(hash_kind::sha1, object_type::blob, as_bytes(content)); }

// An image with blobs A and B in one tree; `add_blobs` adds their entries behind it.
template <class F>
byte_vector image_of_a_and_b(F add_blobs) {
  hand_pack p;
  const std::string tree = tree_text().add("100644", "a", blob_id("A")).add("100644", "b", blob_id("B")).text();
  const oid root = object_id(hash_kind::sha1, object_type::tree, as_bytes(tree));
  const oid commit = p.add(object_type::commit, commit_text(root));
  p.add(object_type::tree, tree);
  add_blobs(p);
  return hand_image(commit, p, kNoTable);
}

}  // namespace

TEST(OneMind, AnIdThatStandsTwiceMeansTheEntryThatIdxHasFirst) {
  const byte_vector image = image_of_a_and_b([](hand_pack& p) {
    p.add(object_type::blob, "A");
    p.add_ref(object_type::blob, blob_id("A"), 1, "B");
    p.add_ref(object_type::blob, blob_id("B"), 1, "A");
  });
  const verify_report r = check(image);
  EXPECT_EQ(r.fault_count, 1u) << all_of(r);
  EXPECT_NE(all_of(r).find("blob " + text_of(blob_id("A")) + " is in the PACK twice"), std::string::npos) << all_of(r);
  EXPECT_EQ(r.depth, 2u);
  copying_device disk(image);
  for (const device& d : {memory_device(image), disk.handle()}) {
    EXPECT_EQ(read_of(d, "a"), "A");
    EXPECT_EQ(read_of(d, "b"), "B");
    const std::uint64_t limit = idx_offset_of(image) - kPackOffset;
    for (const auto holding : {pack_index::holding::all, pack_index::holding::offsets}) {
      const auto index =
          pack_index::load(d, {kPackOffset, limit, idx_offset_of(image), hash_kind::sha1}, heap_memory(), {}, holding);
      ASSERT_TRUE(index);
      const auto row = index->find(blob_id("A"));
      ASSERT_TRUE(row && *row);
      EXPECT_TRUE(**row == 0 || *index->id(**row - 1) != blob_id("A"));
      EXPECT_EQ(*index->id(**row + 1), blob_id("A"));
    }
  }
}

TEST(OneMind, AWholeEntryBehindDoesNotBreakACircle) {
  const byte_vector image = image_of_a_and_b([](hand_pack& p) {
    p.add_ref(object_type::blob, blob_id("B"), 1, "A");
    p.add_ref(object_type::blob, blob_id("A"), 1, "B");
    p.add(object_type::blob, "A");
  });
  const verify_report r = check(image);
  EXPECT_NE(all_of(r).find("deltas form a cycle"), std::string::npos) << all_of(r);
  copying_device disk(image);
  for (const device& d : {memory_device(image), disk.handle()})
    EXPECT_EQ(read_of(d, "a"), "error: delta chain is too long");
}

// B is the end of a chain of the greatest length and is also stored whole behind it; another blob is a delta of B.
TEST(OneMind, TheVerdictDoesNotDependOnTheOrderOfThreads) {
  verify_options options;
  options.bounds.delta_depth = 3;
  for (const bool whole_first : {false, true}) {
    hand_pack p;
    tree_text names;
    names.add("100644", "x", blob_id("X"));
    const oid root = object_id(hash_kind::sha1, object_type::tree, as_bytes(names.text()));
    const oid commit = p.add(object_type::commit, commit_text(root));
    p.add(object_type::tree, names.text());
    if (whole_first) p.add(object_type::blob, "B");
    p.add(object_type::blob, "0");
    for (const std::string_view next : {"1", "2", "B"}) p.add_ofs(object_type::blob, p.entries().size() - 1, 1, next);
    p.add_ref(object_type::blob, blob_id("B"), 1, "X");
    for (int i = 0; i < 200; ++i) p.add(object_type::blob, std::to_string(1000 + i));
    if (!whole_first) p.add(object_type::blob, "B");
    const byte_vector image = hand_image(commit, p, kNoTable);
    std::string first;
    for (const unsigned threads : {1u, 2u, 4u}) {
      for (int run = 0; run < 10; ++run) {
        options.threads = threads;
        const std::string text = all_of(check(image, options));
        if (first.empty()) first = text;
        ASSERT_EQ(text, first) << threads << " threads";
      }
    }
    EXPECT_EQ(first.find("longer than the limit") == std::string::npos, whole_first) << first;
    const std::string read = read_of(memory_device(image), "x", options.bounds);
    EXPECT_EQ(read, whole_first ? "X" : "error: delta chain is too long");
  }
}

TEST(OneMind, TheDeltasOfAChainAreBoundedTogether) {
  const std::string first(100, 'a'), second(100, 'b');
  hand_pack p;
  p.add(object_type::blob, "0");
  p.add_ofs(object_type::blob, 0, 1, first);
  const oid top = p.add_ofs(object_type::blob, 1, first.size(), second);
  const byte_vector image = image_of_tree(
      p,
      tree_text().add("100644", "0", blob_id("0")).add("100644", "a", blob_id(first)).add("100644", "b", top).text());
  expect_good(check(image));
  EXPECT_EQ(read_of(memory_device(image), "b"), second);
  verify_options options;
  options.bounds.object_bytes = 200;  // each delta has 104
  expect_one_fault(check(image, options), errc::too_large, p.at(2), "the deltas of a chain");
  EXPECT_EQ(read_of(memory_device(image), "b", options.bounds), "error: object is over the limit");
}
