#include <gtest/gtest.h>

#include <algorithm>

#include "support/opened.hpp"
#include "survey/box_tree.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kInterval = 32768;

// Blobs at "doc/a.txt", "doc/b.txt" (a delta of a), "doc/c.txt" (a delta of b, by id), "doc/deep/again.txt" (b once
// more), "noise" (stored, with a record), "large" (with restart points), and a submodule.
struct sample {
  image_maker maker;
  std::string a = prose(6000, 1);
  std::string b = a + "b\n";
  std::string c = b + "c\n";
  oid commit;
  oid root;

  sample() {
    const oid of_a = maker.add_blob(a);
    const oid of_b = object_id(hash_kind::sha1, object_type::blob, as_bytes(b));
    const oid of_c = object_id(hash_kind::sha1, object_type::blob, as_bytes(c));
    const auto size = [](const std::string& text) { return static_cast<std::uint32_t>(text.size()); };
    // The delta by id comes before its base.
    maker.add_ref_delta(of_c, of_b, delta_text(b.size(), c.size()).copy(0, size(b)).insert("c\n").view());
    maker.add_ofs_delta(of_b, of_a, delta_text(a.size(), b.size()).copy(0, size(a)).insert("b\n").view());
    const oid noisy = maker.add(object_type::blob, noise(40'000, 2), image_maker::form::stored);
    const oid large = maker.add(object_type::blob, prose(200'000, 3), image_maker::form::restartable, kInterval);
    const oid deep = maker.add_tree(tree_text().add("100644", "again.txt", of_b));
    const oid doc = maker.add_tree(tree_text()
                                       .add("100644", "a.txt", of_a)
                                       .add("100644", "b.txt", of_b)
                                       .add("100644", "c.txt", of_c)
                                       .add("40000", "deep", deep));
    root = maker.add_tree(tree_text()
                              .add("40000", "doc", doc)
                              .add("100644", "large", large)
                              .add("100644", "noise", noisy)
                              .add("160000", "sub", object_id(hash_kind::sha1, object_type::commit, {})));
    commit = maker.add(object_type::commit, commit_text(root));
  }
};

const surveyed_object& object_at(const image_survey& s, std::string_view path) {
  for (std::uint32_t i = 0; i < s.paths.size(); ++i)
    if (path_of(s, i) == path) return s.objects[s.paths[i].object];
  throw std::runtime_error("no such path");
}

std::uint64_t sum_of_all(const image_survey& s) {
  std::uint64_t sum = 0;
  for (const surveyed_object& o : s.objects) sum += o.packed;
  for (const image_part& p : s.parts) sum += p.bytes;
  return sum;
}

std::uint64_t bytes_of(const image_survey& s, std::string_view part) {
  const auto p = std::ranges::find(s.parts, part, &image_part::name);
  return p == s.parts.end() ? 0 : p->bytes;
}

const object_sum& sum_of(const survey_totals& t, object_group g) { return t.groups[static_cast<std::size_t>(g)]; }

class survey : public testing::TestWithParam<bool> {};

TEST_P(survey, every_byte_is_somewhere) {
  const sample of;
  const buffer raw = of.maker.image(of.commit);
  opened o(raw, GetParam());
  const auto s = survey_image(o.snapshot());
  ASSERT_TRUE(s) << s.error().what;
  EXPECT_EQ(s->size, raw.size());
  EXPECT_EQ(sum_of_all(*s), raw.size());
  EXPECT_EQ(s->objects.size(), o.image().index().count());
  EXPECT_GT(bytes_of(*s, "restart section"), 0u);
  EXPECT_EQ(bytes_of(*s, "section table"), kSectionTableSize);
  EXPECT_EQ(bytes_of(*s, "IDX"), 1072 + 28 * s->objects.size());
}

TEST_P(survey, what_lies_behind_the_image_is_not_of_it) {
  const sample of;
  const std::size_t size = of.maker.image(of.commit).size();
  opened o(of.maker.image(of.commit, image_maker::sections::table, 4096), GetParam());
  const auto s = survey_image(o.snapshot());
  ASSERT_TRUE(s);
  EXPECT_EQ(s->size, size);
  EXPECT_EQ(sum_of_all(*s), size);
}

TEST_P(survey, without_a_section_table_the_last_entry_ends_at_the_trailer) {
  const sample of;
  opened with(of.maker.image(of.commit), GetParam());
  const buffer raw = of.maker.image(of.commit, image_maker::sections::none);
  opened without(raw, GetParam());
  const auto s = survey_image(without.snapshot());
  ASSERT_TRUE(s);
  EXPECT_EQ(sum_of_all(*s), raw.size());
  EXPECT_EQ(s->objects.back().packed, survey_image(with.snapshot())->objects.back().packed);
}

TEST_P(survey, chains_are_followed_and_forms_told_apart) {
  const sample of;
  opened o(of.maker.image(of.commit), GetParam());
  const auto s = survey_image(o.snapshot());
  ASSERT_TRUE(s);
  const auto& a = object_at(*s, "doc/a.txt");
  const auto& b = object_at(*s, "doc/b.txt");
  const auto& c = object_at(*s, "doc/c.txt");
  EXPECT_EQ(a.form, entry_form::deflated);
  EXPECT_EQ(b.form, entry_form::delta);
  EXPECT_EQ(c.form, entry_form::delta);
  EXPECT_EQ(a.depth, 0u);
  EXPECT_EQ(b.depth, 1u);
  EXPECT_EQ(c.depth, 2u);
  EXPECT_EQ(&s->objects[c.base], &b);
  EXPECT_EQ(c.content, of.c.size());
  EXPECT_EQ(c.inflated, of.a.size() + of.b.size() + of.c.size());
  EXPECT_EQ(c.type, object_type::blob);
  EXPECT_EQ(object_at(*s, "noise").form, entry_form::stored);
  EXPECT_EQ(object_at(*s, "large").form, entry_form::restartable);
  EXPECT_EQ(path_of(*s, b.path), "doc/b.txt");  // not doc/deep/again.txt
}

TEST_P(survey, sums_count_each_object_once) {
  const sample of;
  opened o(of.maker.image(of.commit), GetParam());
  const auto s = survey_image(o.snapshot());
  ASSERT_TRUE(s);
  const survey_totals t = add_up(*s);
  EXPECT_EQ(sum_of(t, object_group::commits).objects, 1u);
  EXPECT_EQ(sum_of(t, object_group::trees).objects, 3u);
  EXPECT_EQ(sum_of(t, object_group::blobs).objects, 1u);
  EXPECT_EQ(sum_of(t, object_group::blob_deltas).objects, 2u);
  EXPECT_EQ(sum_of(t, object_group::stored_blobs).content, 40'000u);
  EXPECT_EQ(sum_of(t, object_group::restartable_blobs).content, 200'000u);
  ASSERT_EQ(t.depths.size(), 3u);
  EXPECT_EQ(t.depths[2].objects, 1u);
  EXPECT_EQ(t.below[0].objects, 5u);
  EXPECT_EQ(t.below[0].content, 240'000 + of.a.size() + of.b.size() + of.c.size());
  const auto directories = largest_directories(*s, t, 10);
  ASSERT_EQ(directories.size(), 1u);  // doc/deep has only an object that is counted elsewhere
  EXPECT_EQ(path_of(*s, directories[0]), "doc");
  EXPECT_EQ(t.below[directories[0]].objects, 3u);
  const auto files = largest_files(*s, t, 2);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(path_of(*s, files[0]), "noise");

  const double read = static_cast<double>(t.below[0].content);
  const double bases = static_cast<double>(2 * of.a.size() + of.b.size());
  EXPECT_DOUBLE_EQ(t.inflated_per_byte, (read + bases) / read);
  // Of the files with their extension, only a.txt is whole.
  const auto& a = object_at(*s, "doc/a.txt");
  EXPECT_NEAR(
      t.deltas_if_whole,
      static_cast<double>(of.b.size() + of.c.size()) * static_cast<double>(a.packed) / static_cast<double>(a.content),
      1e-6);
}

TEST_P(survey, boxes_in_a_box_fill_it) {
  const sample of;
  opened o(of.maker.image(of.commit), GetParam());
  const auto s = survey_image(o.snapshot());
  ASSERT_TRUE(s);
  const survey_totals t = add_up(*s);
  // 6: at most three of the seven paths get a box.
  for (const std::size_t most : {kMostBoxes, std::size_t{6}, std::size_t{0}}) {
    const std::vector<box> boxes = draw_boxes(*s, t, most);
    std::vector<std::uint64_t> inside(boxes.size());
    for (std::uint32_t i = 1; i < boxes.size(); ++i) {
      ASSERT_LT(boxes[i].parent, boxes.size());
      ASSERT_EQ(boxes[boxes[i].parent].kind, box_kind::directory);
      inside[boxes[i].parent] += boxes[i].bytes;
    }
    EXPECT_EQ(boxes[0].bytes, s->size);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (boxes[i].kind == box_kind::directory) {
        EXPECT_EQ(inside[i], boxes[i].bytes) << boxes[i].name;
      }
    }
    const auto paths = std::ranges::count_if(boxes, [](const box& b) { return b.kind <= box_kind::restartable; });
    EXPECT_LE(static_cast<std::size_t>(paths) - 1, most / 2 + (most == kMostBoxes ? 7 : 0));
  }
}

INSTANTIATE_TEST_SUITE_P(devices, survey, testing::Bool(), [](const auto& p) { return p.param ? "mapped" : "copied"; });

TEST(survey_of_bad_images, deltas_of_each_other_are_refused) {
  image_maker maker;
  const oid tree = maker.add_tree({});
  const oid commit = maker.add(object_type::commit, commit_text(tree));
  const oid one = object_id(hash_kind::sha1, object_type::blob, as_bytes("one"));
  const oid two = object_id(hash_kind::sha1, object_type::blob, as_bytes("two"));
  maker.add_ref_delta(one, two, delta_text(3, 3).insert("one").view());
  maker.add_ref_delta(two, one, delta_text(3, 3).insert("two").view());
  opened o(maker.image(commit), true);
  const auto s = survey_image(o.snapshot());
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, errc::too_large);
}

TEST(survey_of_bad_images, a_base_between_entries_is_refused) {
  image_maker maker;
  const oid tree = maker.add_tree({});
  const oid commit = maker.add(object_type::commit, commit_text(tree));
  entry_header h{};
  h.type = entry_type::ofs_delta;
  h.size = 6;
  h.base_offset = kPackHeaderSize + 1;
  maker.add_entry(object_id(hash_kind::sha1, object_type::blob, as_bytes("one")), h, deflated(as_bytes("\3\3\3one")));
  opened o(maker.image(commit), true);
  const auto s = survey_image(o.snapshot());
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, errc::out_of_range);
}

}  // namespace
}  // namespace docteur
