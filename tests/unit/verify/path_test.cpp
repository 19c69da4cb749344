// Verification of the path section (layout/path_section.hpp).
#include <gtest/gtest.h>

#include <functional>

#include "builder/path_section_writer.hpp"
#include "pack/inflate.hpp"
#include "support/hand_image.hpp"
#include "support/verified.hpp"

using namespace docteur;

namespace {

struct listed {
  std::string path;
  entry_kind kind;
  oid id;
};

// A commit, three trees of which one has two paths, a symbolic link, a submodule.
struct sample {
  hand_pack pack;
  oid commit;
  std::vector<listed> paths;

  explicit sample(bool commit_first = true) {
    const oid one = object_id(hash_kind::sha1, object_type::blob, as_bytes("one"));
    const oid two = object_id(hash_kind::sha1, object_type::blob, as_bytes("two"));
    const oid module = object_id(hash_kind::sha1, object_type::commit, as_bytes("elsewhere"));
    const std::string leaf_text = tree_text().add("100755", "run", two).text();
    const oid leaf = object_id(hash_kind::sha1, object_type::tree, as_bytes(leaf_text));
    const std::string root_text = tree_text()
                                      .add("100644", "a.txt", one)
                                      .add("40000", "a", leaf)
                                      .add("40000", "b", leaf)
                                      .add("120000", "link", two)
                                      .add("160000", "module", module)
                                      .text();
    const oid root = object_id(hash_kind::sha1, object_type::tree, as_bytes(root_text));
    if (commit_first) commit = pack.add(object_type::commit, commit_text(root));
    pack.add(object_type::tree, root_text);
    pack.add(object_type::tree, leaf_text);
    pack.add(object_type::blob, "one");
    pack.add(object_type::blob, "two");
    if (!commit_first) commit = pack.add(object_type::commit, commit_text(root));
    // Names of directories sort as if they ended in '/', so "a.txt" comes before "a".
    paths = {{"", entry_kind::directory, root},  {"a.txt", entry_kind::file, one},
             {"a", entry_kind::directory, leaf}, {"a/run", entry_kind::executable, two},
             {"b", entry_kind::directory, leaf}, {"b/run", entry_kind::executable, two},
             {"link", entry_kind::symlink, two}, {"module", entry_kind::submodule, module}};
  }
  [[nodiscard]] std::uint32_t position(const oid& id) const {
    std::uint32_t before = 0;
    for (const idx_entry& e : pack.entries())
      if (e.id < id) ++before;
    return before;
  }
  [[nodiscard]] byte_vector section() const {
    path_section_writer w(static_cast<std::uint32_t>(pack.entries().size()));
    for (const listed& p : paths) {
      if (p.kind == entry_kind::submodule) {
        w.add_submodule(p.path, p.id);
      } else {
        w.add(p.path, p.kind, position(p.id));
      }
    }
    return w.finish();
  }
  [[nodiscard]] byte_vector image(const byte_vector& section) const {
    return hand_image(commit, pack, {.paths = section});
  }
  [[nodiscard]] byte_vector image() const { return image(section()); }
};

}  // namespace

TEST(VerifyPaths, WhatTheWriterMakesIsGood) {
  const sample s;
  const verify_report r = check(s.image());
  expect_good(r);
  EXPECT_TRUE(r.remarks.empty()) << all_of(r);
  EXPECT_EQ(r.paths, 8u);
}

// The checksum of the section is correct each time. Only flips inside the zlib stream may be harmless: the bits before
// a stored block have no meaning.
TEST(VerifyPaths, EveryBitOfTheSection) {
  const sample s;
  const byte_vector good = s.section();
  constexpr std::size_t kStream = kPathSectionHeader + kPathBlockHeader;
  const auto block = decode_path_block(bytes(good).subspan(kPathSectionHeader, kPathBlockHeader), 0);
  ASSERT_TRUE(block);
  const auto inflated = [&](const byte_vector& section) {
    byte_vector raw(block->raw);
    auto with = inflater::make();
    (void)with->inflate(bytes(section).subspan(kStream, block->packed), raw, 0);
    return raw;
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      byte_vector bad = good;
      bad[i] ^= static_cast<std::byte>(1u << bit);
      if (!check(s.image(bad)).good()) continue;
      ASSERT_TRUE(i >= kStream && i < kStream + block->packed) << "bit " << bit << " of byte " << i;
      ASSERT_EQ(inflated(bad), inflated(good));
    }
  }
}

TEST(VerifyPaths, ASectionOfAnotherLength) {
  const sample s;
  const byte_vector good = s.section();
  for (std::size_t n = 1; n < good.size(); ++n)
    ASSERT_FALSE(check(s.image(byte_vector(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)))).good()) << n;
  byte_vector longer = good;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(check(s.image(longer)).good());
}

TEST(VerifyPaths, PathsThatAreNotTheTrees) {
  const std::pair<const char*, std::function<void(std::vector<listed>&)>> changes[] = {
      {"a path less", [](auto& p) { p.erase(p.begin() + 1); }},
      {"the last path less", [](auto& p) { p.pop_back(); }},
      {"a path more",
       [](auto& p) {
         p.insert(p.begin() + 6, {"c", entry_kind::file, p[1].id});
       }},
      {"a path more at the end",
       [](auto& p) {
         p.push_back({"z", entry_kind::file, p[1].id});
       }},
      {"another name", [](auto& p) { p[1].path = "a.tyt"; }},
      {"another kind", [](auto& p) { p[1].kind = entry_kind::executable; }},
      {"another object", [](auto& p) { p[1].id = p[3].id; }},
      {"another submodule", [](auto& p) { p[7].id = p[3].id; }},
      {"a link in place of a file", [](auto& p) { p[3].kind = entry_kind::symlink; }},
  };
  for (const auto& [what, change] : changes) {
    sample s;
    change(s.paths);
    const verify_report r = check(s.image());
    EXPECT_EQ(r.fault_count, 1u) << what << "\n" << all_of(r);
    ASSERT_FALSE(r.faults.empty());
    EXPECT_NE(r.faults[0].what.find("does not match the trees"), std::string::npos) << what << "\n" << all_of(r);
  }
}

TEST(VerifyPaths, TheCommitComesFirst) {
  const sample s(false);
  expect_one_fault(check(s.image()), errc::malformed, s.pack.at(0), "the commit is not the first entry");
}

TEST(VerifyPaths, AreNotComparedWithDamagedTrees) {
  sample s;
  s.pack.add(object_type::blob, "extra");
  const verify_report r = check(s.image());
  EXPECT_EQ(r.fault_count, 1u) << all_of(r);
  expect_remark(r, "the path section was not compared");
}
