// The versions of an image through the C interface.

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/oid_text.hpp"
#include "support/c_world.hpp"
#include "support/made_image.hpp"
#include "support/version_source.hpp"

namespace docteur {
namespace {

const std::map<std::string, std::string> kNew = {{"a", "two"}, {"d/y", "y of the second"}, {"same", "the same"}};
const std::map<std::string, std::string> kOld = {{"a", "one"}, {"d/x", "x of the first"}, {"same", "the same"}};

made_image of_versions() { return made_image(*versions_of({{"new", kNew}, {"old", kOld}, {"alias", kOld}})); }

std::vector<std::string> listed(docteur_image* d, std::string_view folder) {
  std::vector<std::string> names;
  docteur_list* list = nullptr;
  docteur_error error{};
  EXPECT_EQ(docteur_list_open(d, folder.data(), folder.size(), nullptr, 0, &list, &error), DOCTEUR_OK) << error.what;
  const char* name = nullptr;
  std::size_t size = 0;
  docteur_node node{};
  while (docteur_list_next(list, &name, &size, &node) == 1) names.emplace_back(name, size);
  docteur_list_close(list);
  return names;
}

std::string content(docteur_image* d, std::string_view path) {
  docteur_node node{};
  docteur_error error{};
  if (docteur_find(d, path.data(), path.size(), &node) != DOCTEUR_OK) return "nothing";
  std::uint64_t size = 0;
  EXPECT_EQ(docteur_size(d, node, &size, &error), DOCTEUR_OK) << error.what;
  std::string text(size, '\0');
  EXPECT_EQ(docteur_read(d, node, text.data(), size, &error), DOCTEUR_OK) << error.what;
  return text;
}

// nullptr and the status in `error` if it cannot be attached.
docteur_image* attach(docteur_image* d, std::string_view name, docteur_error& error) {
  docteur_image* version = nullptr;
  docteur_attach_version(d, name.data(), name.size(), &version, &error);
  return version;
}

std::string hex(const docteur_id& id) {
  oid copy(hash_kind::sha1);
  std::memcpy(copy.view().data(), id.bytes, id.size);
  return hex_text(copy);
}

TEST(CVersions, AreListedInTheirOrder) {
  c_world w(of_versions().content);
  docteur_error error{};
  std::uint32_t count = 0;
  const std::size_t before = docteur_memory_used(w.image);
  ASSERT_EQ(docteur_versions(w.image, &count, &error), DOCTEUR_OK) << error.what;
  ASSERT_EQ(count, 3u);
  EXPECT_GT(docteur_memory_used(w.image), before);
  std::string all;
  std::vector<std::string> commits;
  for (std::uint32_t i = 0; i < count; ++i) {
    docteur_version_info v{};
    ASSERT_EQ(docteur_get_version(w.image, i, &v, &error), DOCTEUR_OK) << error.what;
    all.append(v.name, v.name_size).append("=").append(v.reference, v.reference_size).append(" ");
    commits.push_back(hex(v.commit));
  }
  EXPECT_EQ(all, "new=refs/tags/new old=refs/tags/old alias=refs/tags/alias ");
  docteur_head head{};
  docteur_get_head(w.image, &head);
  EXPECT_EQ(commits[0], hex(head.commit));
  EXPECT_EQ(commits[1], commits[2]);
  EXPECT_NE(commits[0], commits[1]);
  docteur_version_info v{};
  EXPECT_EQ(docteur_get_version(w.image, count, &v, &error), DOCTEUR_OUT_OF_RANGE);
  EXPECT_EQ(error.status, DOCTEUR_OUT_OF_RANGE);
  EXPECT_EQ(docteur_get_version(w.image, count, &v, nullptr), DOCTEUR_OUT_OF_RANGE);
}

TEST(CVersions, AnImageWithoutNamesHasNone) {
  c_world w(made_image(kNew).content);
  docteur_error error{};
  std::uint32_t count = 9;
  ASSERT_EQ(docteur_versions(w.image, &count, &error), DOCTEUR_OK) << error.what;
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(attach(w.image, "new", error), nullptr);
  EXPECT_EQ(error.status, DOCTEUR_NOT_FOUND);
}

TEST(CVersions, EachIsReadAsAnImage) {
  const made_image made = of_versions();
  for (const oid* pin : {static_cast<const oid*>(nullptr), &made.made.digest}) {
    c_world w(made.content, 1 << 16, pin);
    docteur_error error{};
    docteur_image* const old = attach(w.image, "old", error);
    ASSERT_NE(old, nullptr) << error.what;
    docteur_image* const newer = attach(old, "refs/tags/new", error);  // through another version, by its reference
    ASSERT_NE(newer, nullptr) << error.what;
    EXPECT_EQ(listed(old, ""), (std::vector<std::string>{"a", "d", "same"}));
    EXPECT_EQ(listed(old, "d"), std::vector<std::string>{"x"});
    EXPECT_EQ(listed(newer, "d"), std::vector<std::string>{"y"});
    EXPECT_EQ(content(old, "a"), "one");
    EXPECT_EQ(content(newer, "a"), "two");
    EXPECT_EQ(content(w.image, "a"), "two");
    EXPECT_EQ(content(old, "d/x"), "x of the first");
    EXPECT_EQ(content(old, "d/y"), "nothing");
    EXPECT_EQ(docteur_paths(old), 5u);
    docteur_head head{}, first{};
    docteur_get_head(old, &head);
    docteur_get_head(w.image, &first);
    docteur_version_info v{};
    ASSERT_EQ(docteur_get_version(old, 1, &v, &error), DOCTEUR_OK) << error.what;
    EXPECT_EQ(hex(head.commit), hex(v.commit));
    EXPECT_NE(hex(head.root), hex(first.root));
    // A version is only its paths.
    EXPECT_LT(docteur_memory_used(old), docteur_memory_used(w.image));
    const std::size_t borrowed = w.borrowed;
    docteur_detach(old);
    EXPECT_LT(w.borrowed, borrowed);
    EXPECT_EQ(content(newer, "same"), "the same");
    docteur_detach(newer);
    EXPECT_EQ(content(w.image, "same"), "the same");
  }
}

TEST(CVersions, AFailureLeavesNothingBehind) {
  const made_image made = of_versions();
  docteur_error error{};
  {
    c_world w(made.content);
    EXPECT_EQ(attach(w.image, "older", error), nullptr);
    EXPECT_EQ(error.status, DOCTEUR_NOT_FOUND);
    docteur_image* none = nullptr;
    EXPECT_EQ(docteur_attach_version(w.image, "", 0, &none, nullptr), DOCTEUR_NOT_FOUND);
  }
  {
    c_world w(made.content);
    std::uint32_t count = 0;
    w.away = true;
    EXPECT_EQ(docteur_versions(w.image, &count, &error), DOCTEUR_UNAVAILABLE);
    w.away = false;
    EXPECT_EQ(docteur_versions(w.image, &count, &error), DOCTEUR_OK);
    EXPECT_EQ(count, 3u);
    w.away = true;
    EXPECT_EQ(attach(w.image, "old", error), nullptr);
    EXPECT_EQ(error.status, DOCTEUR_UNAVAILABLE);
  }
  bool attached = false;
  for (std::size_t n = 0; !attached && n < 200; ++n) {
    c_world w(made.content);
    w.left = n;
    docteur_image* const old = attach(w.image, "old", error);
    attached = old != nullptr;
    w.left = ~std::size_t{0};
    EXPECT_TRUE(attached || error.status == DOCTEUR_OUT_OF_MEMORY) << n;
    EXPECT_EQ(content(attached ? old : w.image, "same"), "the same");
    docteur_detach(old);
  }
  EXPECT_TRUE(attached);
}

// The list of versions is read when it is asked for: its damage is an error then, and the image is read without it.
TEST(CVersions, DamageIsAnError) {
  made_image made = of_versions();
  const std::string_view all = as_text(made.content);
  const std::size_t at = all.find("refs/tags/alias");
  ASSERT_NE(at, std::string_view::npos);
  made.content[at] ^= std::byte{1};
  c_world w(made.content);
  docteur_error error{};
  std::uint32_t count = 0;
  EXPECT_EQ(docteur_versions(w.image, &count, &error), DOCTEUR_DAMAGED);
  EXPECT_STREQ(error.what, "records of versions");
  EXPECT_EQ(attach(w.image, "old", error), nullptr);
  EXPECT_EQ(error.status, DOCTEUR_DAMAGED);
  EXPECT_EQ(content(w.image, "a"), "two");
}

}  // namespace
}  // namespace docteur
